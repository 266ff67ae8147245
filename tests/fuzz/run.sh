#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs each fuzz target on its corpus for SECONDS. tests/fuzz/neg_*_fuzz.c hold a planted bug that must be found.
# usage: tests/fuzz/run.sh SECONDS
set -u
cd "$(dirname "$0")/../.."
seconds=${1:-60} n=0 status=0
for src in tests/fuzz/*_fuzz.c; do
	name=$(basename "$src" .c)
	n=$((n + 1))
	corpus=tests/fuzz/corpus/${name#neg_}
	work=$(mktemp -d)
	dict=
	[ ! -f "tests/fuzz/$name.dict" ] || dict=-dict=tests/fuzz/$name.dict
	build/fuzz/bin/"$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 $dict \
		-artifact_prefix="$work/" "$work" "$corpus" > "$work.log" 2>&1
	rc=$?
	case $name in
	neg_*) want=1 ;;
	*) want=0 ;;
	esac
	if { [ $rc -ne 0 ] && [ $want -eq 1 ]; } || [ $rc -eq $want ]; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		tail -n 30 "$work.log" >&2
		for a in "$work"/crash-* "$work"/timeout-* "$work"/leak-*; do [ ! -f "$a" ] || { mkdir -p build/fuzz/found; cp "$a" build/fuzz/found/; }; done
		status=1
	fi
	rm -rf "$work" "$work.log"
done
echo "1..$n"
exit $status
