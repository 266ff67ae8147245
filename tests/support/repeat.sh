#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs suites again and again, several copies at once, to find what passes by luck. Results: build/repeat/RUN.COPY/.
# usage: tests/support/repeat.sh RUNS COPIES [SUITE...]
set -u
cd "$(dirname "$0")/../.." || exit 1
runs=${1:?runs} copies=${2:?copies}
shift 2
status=0 run=1
while [ "$run" -le "$runs" ]; do
	copy=1 pids=
	while [ "$copy" -le "$copies" ]; do
		out=build/repeat/$run.$copy
		mkdir -p "$out"
		CHECK_OUT=$out tests/check.sh "$@" > "$out/summary" 2>&1 &
		pids="$pids $!"
		copy=$((copy + 1))
	done
	for pid in $pids; do wait "$pid" || status=1; done
	tail -qn 1 build/repeat/"$run".*/summary | sed "s/^/run $run: /"
	run=$((run + 1))
done
# Every failure, and how often.
grep -h '^ *not ok' build/repeat/*/summary | sed 's/^ *not ok [0-9]* - //' | sort | uniq -c | sort -rn
exit $status
