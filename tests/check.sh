#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs every suite and counts. Each suite speaks TAP (testanything.org) on standard output; "# SKIP" is a skip, which
# SVIDWRAP_MUST_RUN=1 turns into a failure. BUILD names the folder that holds the shim and the tools, CHECK_OUT the one for
# results (build/check).
# usage: tests/check.sh [SUITE...], a suite being unit, fuzz, tsan, asan or a folder of tests/ with a run.sh
set -u
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build/release}
export BUILD
out=$(mkdir -p "${CHECK_OUT:-build/check}" && cd "${CHECK_OUT:-build/check}" && pwd) || exit 1
export CHECK_OUT="$out"
# The shim comes first: its wrappers call those of the sanitizer's library, which call libc's.
asan=verify_asan_link_order=0:detect_leaks=0:exitcode=66
passed=0 failed=0 skipped=0

# count NAME STATUS: what the TAP in $out/NAME.tap says
count() {
	p=$(grep -c '^ok ' "$out/$1.tap")
	f=$(grep -c '^not ok ' "$out/$1.tap")
	s=$(grep -ci '^ok .*# skip' "$out/$1.tap")
	p=$((p - s))
	if [ "$2" -ne 0 ] && [ "$f" -eq 0 ]; then f=1; echo "not ok - $1 ended with status $2"; fi
	if [ $((p + f + s)) -eq 0 ]; then f=1; echo "not ok - $1 ran no test"; fi
	if [ "${SVIDWRAP_MUST_RUN:-}" = 1 ] && [ "$s" -gt 0 ]; then f=$((f + s)); s=0; fi
	[ "$f" -eq 0 ] && [ "$s" -eq 0 ] || grep -E '^not ok|# [Ss][Kk][Ii][Pp]' "$out/$1.tap" | sed 's/^/    /'
	if [ "$f" -ne 0 ]; then tail -n 40 "$out/$1.log" | sed 's/^/    | /'; fi
	printf '%-28s %4d passed %4d failed %4d skipped  %3ds\n' "$1" "$p" "$f" "$s" $(($(date +%s) - began))
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

# suite NAME COMMAND...: its output goes to files; the summary is a line here
suite() {
	name=$1; shift
	began=$(date +%s)
	timeout -k 10 1500 "$@" > "$out/$name.tap" 2> "$out/$name.log"
	count "$name" $?
}

unit() {
	for t in tests/unit/*_test.c; do
		n=$(basename "$t" .c)
		CMOCKA_MESSAGE_OUTPUT=TAP suite "unit/$n" "build/asan/unit/$n"
	done
	# What is left in registers and on stacks is the compiler's choice: what is shipped has to be searched, too.
	CMOCKA_MESSAGE_OUTPUT=TAP suite unit/optimised "$BUILD/unit/handshake_secrets_test"
}

mkdir -p "$out/unit"
[ $# -gt 0 ] || set -- unit fuzz tsan asan $(for r in tests/*/run.sh; do n=${r#tests/}; n=${n%/run.sh}; [ "$n" = fuzz ] || echo "$n"; done)
for s in "$@"; do
	case $s in
	unit) unit ;;
	fuzz) suite fuzz tests/fuzz/run.sh "${FUZZ_SECONDS:-3}" ;;
	tsan) # the claims about threads, with the shim under ThreadSanitizer; a forked child never joins its parent's threads
		BUILD=build/tsan TSAN_OPTIONS=exitcode=66:report_thread_leaks=0 suite tsan tests/shim/run.sh two_threads_carry many_threads_each \
			threads_of_two shutdown_by_another forking_while_threads spawning_while_threads \
			cancelling_a_blocked connect_returns one_thread a_nonblocking what_was_closed
		;;
	asan) # all claims, with them and the shim under AddressSanitizer and UndefinedBehaviorSanitizer
		BUILD=build/asan ASAN_OPTIONS=$asan suite asan tests/shim/run.sh
		;;
	*) suite "$s" "tests/$s/run.sh" ;;
	esac
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
