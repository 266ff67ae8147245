#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the documents name exists, and what exists is named.
cd "$(dirname "$0")/../.." || exit 1
n=0 status=0
# check NAME COMMAND...: one line of TAP; what the command prints explains a failure
check() {
	local name=$1 said
	shift
	n=$((n + 1))
	said=$("$@")
	if [ -z "$said" ]; then echo "ok $n - $name"; else
		echo "not ok $n - $name"
		printf '%s\n' "$said" >&2
		status=1
	fi
}

# Paths in backquotes that look like ours.
named_paths() {
	grep -ohE '`[A-Za-z0-9_./*-]+`' "$@" | tr -d '`' | grep -E '^(shim|lib|tools|tests|examples|docs)/|^[a-z_]+\.[ch]$' | sort -u
}
missing() {
	local p
	for p in $(named_paths "$@"); do
		case $p in
		*\**) compgen -G "$p" > /dev/null || echo "$p" ;;
		*/*) [ -e "$p" ] || echo "$p" ;;
		*) [ -n "$(git ls-files "*/$p")" ] || echo "$p" ;;
		esac
	done
}
check "the paths that the documents name exist" \
	missing README.md ARCHITECTURE.md CONTRIBUTING.md SECURITY.md docs/decisions/*.md $(ls tests/README.md 2> /dev/null)

unnamed_folders() {
	local d
	for d in $(git ls-files 'lib/*/*' 'tools/*/*' 'tests/*/*' | cut -d/ -f1-2 | sort -u); do
		grep -q "${d#*/}/" ARCHITECTURE.md || echo "$d"
	done
}
check "ARCHITECTURE.md names every folder" unnamed_folders

unsaid_headers() {
	local h
	for h in shim/*.h; do
		grep -q 'SPDX-License-Identifier: Apache-2.0' "$h" || echo "$h has no licence line"
		sed -n 2,3p "$h" | grep -q '^/\*' || echo "$h does not say what it is"
	done
}
check "every header of the shim says what it is" unsaid_headers

unlicensed() { git ls-files '*.c' '*.h' '*.sh' '*.S' '*.def' '*.py' Makefile | xargs -r grep -L 'SPDX-License-Identifier: Apache-2.0'; }
check "every source names its licence" unlicensed

lib_and_shim() { grep -nE '#include "(\.\./)?shim/' -r lib tools; }
check "lib/ and tools/ never include shim/" lib_and_shim

openssl_users() { grep -lE '#include <openssl/' -r lib shim | grep -vE '^lib/(tls|spiffe)/'; }
check "only lib/tls and lib/spiffe know OpenSSL" openssl_users

errno_users() { # errno values are decided in shim/ alone
	grep -nE '\berrno = E[A-Z]+' -r lib
}
check "lib/ sets no errno" errno_users

undocumented() {
	local k
	for k in $(sed -nE 's/^\tX\([A-Z_]+, "([a-z_]+)".*/\1/p' lib/audit/event.h); do
		grep -q "$k" docs/man/*.1 || echo "event $k is in no manual page"
	done
}
check "the manual pages name every event" undocumented

# The last column of each row of docs/differences.md names claims, or scripts of tests/.
untested_differences() {
	local row last name any
	while IFS= read -r row; do
		last=${row%|*} last=${last##*|} any=
		for name in $(grep -oE '`[A-Za-z0-9_./-]+`' <<< "$last" | tr -d '`'); do
			any=1
			[ -e "tests/shim/$name.c" ] || [ -f "$name" ] || echo "$name is no test: $row"
		done
		[ -n "$any" ] || echo "no test: $row"
	done < <(grep '^| ' docs/differences.md | tail -n +2)
}
check "each difference names the tests that show it" untested_differences

# Each refusal has a word in README.md's Limits or docs/differences.md.
unsaid_refusals() {
	local call word
	for call in $(sed -nE 's/^REFUSAL\([a-z_]+, "([^"]*)".*/\1/p' shim/refusals.def | tr ' ' '_' | sort -u); do
		word=${call%%[,_]*}
		sed -n '/^## Limits/,$p' README.md | cat - docs/differences.md | grep -q -- "$word" || echo "$call"
	done
}
check "the documents name every refusal" unsaid_refusals

echo "1..$n"
exit $status
