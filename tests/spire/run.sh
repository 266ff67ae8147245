#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Against real SPIRE servers and agents, without Docker: the parts in tests/spire/parts/, each with servers of its own,
# all at once, since they mostly wait for rotations.
# usage: tests/spire/run.sh [PART...]
. "$(dirname "$0")/../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"

if ! have_svidwrap || ! have_spire; then
	skip "against SPIRE" "${spire_why:-svidwrap is not built}"
	plan
fi
export SPIRE_BIN=$spire
[ $# -gt 0 ] || set -- $(cd tests/spire/parts && ls ./*.sh | sed 's|^\./||; s|\.sh$||')
declare -A part_pid
for part; do
	# the first line of standard error of each says which part it is
	{ echo "# part $part" >&2; exec bash "tests/spire/parts/$part.sh"; } > "$work/$part.tap" 2> "$work/$part.err" &
	part_pid[$part]=$!
done
for part; do
	wait "${part_pid[$part]}"
	status=$?
	cat "$work/$part.err" >&2
	grep -q '^1\.\.[1-9]' "$work/$part.tap" || { status=1; echo "not ok - part $part ended with status $status before its plan"; }
	pass_on "$work/$part.tap" "$part: "
	[ $status -eq 0 ] || tap_failed=1
done
plan
