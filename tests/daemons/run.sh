#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The parts in tests/daemons/parts/, each a program that people run and its clients; two at a time. What each part did
# stays in build/check/daemons/, where `make check-daemons` makes docs/compatibility.md of it.
# usage: tests/daemons/run.sh [PART...]
. "$(dirname "$0")/../support/lab.sh"

results=$lab_results/daemons
mkdir -p "$results"
[ $# -gt 0 ] || set -- $(cd tests/daemons/parts && ls ./*.sh | sed 's|^\./||; s|\.sh$||')

# one PART: its first line on standard error says which part it is
one() {
	rm -f "$results/$1.tap"
	{ echo "# part $1" >&2; timeout -k 5 400 bash "tests/daemons/parts/$1.sh"; } > "$work/$1.tap" 2> "$work/$1.err"
	grep -q '^1\.\.[1-9]' "$work/$1.tap" || echo "not ok - part $1 ended before its plan" >> "$work/$1.tap"
	cp "$work/$1.tap" "$results/$1.tap"
	: > "$work/$1.done"
}

workers=${DAEMON_JOBS:-2} worker_pids=()
for ((w = 0; w < workers; w++)); do
	(
		trap 'kill $(jobs -p) 2> /dev/null; exit 1' TERM
		for part in "$@"; do
			mkdir "$work/$part.taken" 2> /dev/null || continue
			one "$part" &
			wait $!
		done
	) &
	worker_pids+=($!)
done
lab_pids+=("${worker_pids[@]}")
for part; do
	until [ -e "$work/$part.done" ]; do
		alive "${worker_pids[0]}" || alive "${worker_pids[-1]}" || break
		sleep 0.1
	done
	cat "$work/$part.err" >&2
	pass_on "$work/$part.tap" "$part: "
	[ -e "$work/$part.done" ] || ok 1 "$part: ran"
done
plan
