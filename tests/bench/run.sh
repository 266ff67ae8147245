#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The instructions that single calls take against tests/bench/budget.txt: more than 5 % above is a failure. Who makes a
# call dearer, or cheaper, changes the budget: tests/bench/count.sh > tests/bench/budget.txt
. "$(dirname "$0")/../support/lab.sh"
budget=tests/bench/budget.txt

tests/bench/count.sh $(cut -d' ' -f1 $budget) > "$work/counts"
status=$?
[ $status -ne 77 ] || { skip "instructions of single calls" "they cannot be counted, as said above"; plan; }
ok $status "the calls were counted"
while read -r name allowed; do
	count=$(awk -v name="$name" '$1 == name { print $2 }' "$work/counts")
	[ -n "$count" ] && [ $((count * 100)) -le $((allowed * 105)) ]
	ok $? "$name takes no more than $allowed instructions, and 5 %"
	echo "# $name: ${count:-not counted} (budget $allowed)"
	[ -z "$count" ] || [ $((count * 100)) -ge $((allowed * 95)) ] || echo "# $name has become cheaper: lower its budget" >&2
done < $budget
plan
