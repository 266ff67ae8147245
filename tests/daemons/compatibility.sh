#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# docs/compatibility.md on standard output, made of the parts' heads, their results in build/check/daemons/ and
# docs/differences.md. A part that failed or did not run is a failure.
# usage: tests/daemons/compatibility.sh > docs/compatibility.md
set -u
cd "$(dirname "$0")/../.." || exit 1
status=0

head_of() { sed -n "s/^# $2: //p" "tests/daemons/parts/$1.sh" | head -1; }
versions() {
	local p
	for p in $(head_of "$1" package); do
		dpkg-query -W -f '${Package} ${Version}\n' "$p" 2> /dev/null || { echo "$p ?"; echo "$p is not installed" >&2; }
	done
	for p in $(head_of "$1" unpacked); do
		dpkg-deb -W --showformat='${Package} ${Version}\n' build/debs/"$p"_*.deb 2> /dev/null || { echo "$p ?"; echo "$p was not fetched" >&2; }
	done
}

cat << 'TEXT'
<!-- SPDX-License-Identifier: Apache-2.0 -->
<!-- Made by `make check-daemons`; change the heads in tests/daemons/parts/ and docs/differences.md instead. -->
# Compatibility

## Programs
From Debian 12, unchanged. Each part ran bare and under mutual TLS on both sides, all but Python's own tests also with OpenSSL's
`s_client` or `s_server` on the other side; what came back was compared byte by byte.

| program | version | svidwrap as | what was done | known limits | test |
|---|---|---|---|---|---|
TEXT
for part in tests/daemons/parts/*.sh; do
	part=$(basename "$part" .sh)
	tap=build/check/daemons/$part.tap
	if [ ! -e "$tap" ] || grep -q '^not ok' "$tap"; then
		echo "$part: $([ -e "$tap" ] && echo failed || echo "did not run")" >&2
		status=1
	fi
	printf '| %s | %s | %s | %s | %s | `tests/daemons/parts/%s.sh` |\n' "$(head_of "$part" program)" "$(versions "$part" | paste -sd, | sed 's/,/, /g')" \
		"$(head_of "$part" roles)" "$(head_of "$part" done)" "$(head_of "$part" limits)" "$part"
done
[ ! -e docs/differences.md ] || { echo; sed -e '/^<!--.*-->$/d' -e 's/^#/##/' docs/differences.md; }
exit $status
