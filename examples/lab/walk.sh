#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Walks through parts of the lab (parts/*.sh) on the running lab, which is started if it is not up. With --tap the same
# is told as tests. The status is 0 if every claim holds.
# usage: walk.sh [--tap] PART...
tap=
[ "${1:-}" != --tap ] || { tap=1; shift; }
. "$(dirname "${BASH_SOURCE[0]}")/../../tests/support/lab.sh"
. "$lab_root/examples/lab/compose.sh"
. "$lab/show.sh"
. "$lab/ledger.sh"

is_up() {
	local service
	for service in spire-server spire-agent backend ledger client rogue; do
		inside $service true || return 1
	done
	inside client spire-agent api fetch x509 -socketPath "${api#unix://}"
}
[ -z "$tap" ] || rm -f "$out"/* # nothing of an earlier run among what is written about
is_up > /dev/null 2>&1 || "$lab/up.sh" || exit 1
for part; do
	. "$lab/parts/$part.sh"
done
ending
