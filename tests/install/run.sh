#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# make install puts things where they find each other.
. "$(dirname "$0")/../support/lab.sh"

root="$work/root"
is_installed() { [ -x "$root/usr/bin/svidwrap" ] && [ -x "$root/usr/bin/svidwrap-labagent" ] &&
	[ -f "$root/usr/lib/svidwrap/libsvidwrap.so" ] && [ -f "$root/usr/share/man/man1/svidwrap.1" ] &&
	[ -f "$root/usr/share/man/man5/svidwrap-policy.5" ]; }

n=0 status=0
check() {
	local name=$1
	shift
	n=$((n + 1))
	if "$@" > "$work/out" 2>&1; then echo "ok $n - $name"; else
		echo "not ok $n - $name"
		cat "$work/out" >&2
		status=1
	fi
}

make --no-print-directory -s install DESTDIR="$root" PREFIX=/usr > "$work/install.log" 2>&1 || cat "$work/install.log" >&2
check "make install honours DESTDIR and PREFIX" is_installed

printf 'version: 1\ndefault: bypass\n' > "$work/policy"
preloaded() { "$root/usr/bin/svidwrap" run --policy "$work/policy" --log "$work/log" -- cat /proc/self/maps |
	grep -q "$root/usr/lib/svidwrap/libsvidwrap.so"; }
check "the installed command finds the installed library" preloaded
check "make help lists the targets" sh -c 'make help | grep -q "check  *build and run all tests"'

echo "1..$n"
exit $status
