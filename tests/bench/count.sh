#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Counts the instructions that single calls take in the calling process (tests/bench/calls.c), with callgrind: lines of
# NAME COUNT on standard output. Those of unmanaged-* are what svidwrap adds to the same call without it; bare-* are OpenSSL's
# alone (tests/bench/bare.c); connect-N-rules is a connect that the last of N rules bypasses.
# Status 77: it cannot be counted here (why: on standard error).
# usage: tests/bench/count.sh [NAME...]
. "$(dirname "$0")/../support/lab.sh"

calls=$BUILD/bench/calls bare=$BUILD/bench/bare ID=spiffe://corp.local/calls
names=(unmanaged-read unmanaged-write small-write small-read 16k-write 16k-read connect-handshake accept-handshake
	bare-connect-handshake bare-accept-handshake connect-1-rules connect-100-rules connect-10000-rules)
[ $# -eq 0 ] || names=("$@")

have_svidwrap && [ -x "$calls" ] || { echo "svidwrap or tests/bench/calls.c is not built" >&2; exit 77; }
command -v valgrind > /dev/null || { echo "valgrind is not here" >&2; exit 77; }
# What runs a program under valgrind is valgrind's own.
tool=$(ls /usr/libexec/valgrind/callgrind-amd64-linux /usr/lib/x86_64-linux-gnu/valgrind/callgrind-amd64-linux 2> /dev/null | head -1)

cp "$calls" "$work/calls"
free_port port
agent agent --ttl 1h --issue "$ID=$work/native" --entry "$ID=unix:path:$work/calls" --entry "$ID=unix:path:$tool" || exit 1
free_port bare_port
rules "$work/policy" "$port" "$ID" "$ID"
under=("$BUILD/svidwrap" run --policy "$work/policy" --log "$work/log" --)
counting=(valgrind -q --tool=callgrind --toggle-collect=counted --callgrind-out-file="$work/out")

# other_side OP: what has to run beside it
other_side() {
	case $1 in
	unmanaged-*) ;;
	connect-*-rules) many_rules "$1" ;;
	bare-connect-*)
		spawn bare "$bare" serve "$bare_port" "$work/native"
		bare_serving=$spawned
		await_port "$bare_port" "$spawned"
		;;
	bare-accept-*)
		stop "${bare_serving:-0}"
		spawn bare bare_come
		;;
	accept-*)
		stop "${serving:-0}"
		spawn come come
		;;
	*)
		[ -z "${serving:-}" ] || return 0
		spawn serve "${under[@]}" "$work/calls" serve "$port"
		serving=$spawned
		await_port "$port" "$serving"
		;;
	esac
}
come() { await_port "$port" && exec "${under[@]}" "$work/calls" come "$port" $count; }

bare_come() { await_port "$bare_port" && exec "$bare" come "$bare_port" $count "$work/native"; }

# many_rules connect-N-rules: $port's is the last one
many_rules() {
	local n=${1//[!0-9]/}
	{
		echo rules:
		for ((; n > 1; n--)); do
			printf '  - { name: r%d, connect: "10.1.%d.%d:443", peers: ["%s"] }\n' $n $((n / 250)) $((n % 250)) "$ID"
		done
		printf '  - { name: last, connect: "127.0.0.1:%s", mode: bypass }\n' "$bare_port"
	} | policy_default=bypass policy "$work/policy-$1"
}

# measured NAME: what has to be run to be counted, in $command
measured() {
	local words=("$work/calls" "$1" $count "$port")
	case $1 in
	bare-*) command=("${counting[@]}" "$bare" "${1#bare-}" $count "$bare_port" "$work/native") ;;
	connect-*-rules)
		command=("$BUILD/svidwrap" run --policy "$work/policy-$1" --log "$work/log" -- "${counting[@]}" "$work/calls" connect $count "$bare_port")
		;;
	*) command=("${under[@]}" "${counting[@]}" "${words[@]}") ;;
	esac
}

# collected COMMAND...: instructions for each call
collected() {
	rm -f "$work/out"
	timeout 60 "$@" > "$work/counted.out" 2> "$work/counted.err" < /dev/null || { show "$work/counted.err" "$work"/*.err; return 1; }
	awk -v n="$count" '/^(summary|totals):/ { print int($2 / n + 0.5); exit }' "$work/out"
}

for name in "${names[@]}"; do
	case $name in *-handshake) count=20 ;; *) count=200 ;; esac
	other_side "$name"
	measured "$name"
	have=$(collected "${command[@]}") || exit 1
	case $name in unmanaged-*) have=$((have - $(collected "${counting[@]}" "$work/calls" "$name" $count "$port"))) ;; esac
	printf '%-24s %9d\n' "$name" "$have"
done
