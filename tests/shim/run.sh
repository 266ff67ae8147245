#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Each program here is a claim (claim.h). It runs without svidwrap, under a bypass policy and under mutual TLS on both
# sides; what the program saw must be the same. Then invariants.sh, and idle.sh meanwhile.
# usage: tests/shim/run.sh [-b] [CLAIM...]     -b: without svidwrap only; CLAIM: part of a name
. "$(dirname "$0")/../support/lab.sh"

workers=${SHIM_JOBS:-3}
limit=40 # seconds for one run of one claim
bare_only=
[ "${1:-}" != -b ] || { bare_only=1; shift; }
have_svidwrap || no_svidwrap="svidwrap is not built"

# words NAME: what its head comment says of how it is run
words() { sed -n 's|^/\* run: \(.*\) \*/$|\1|p' "tests/shim/$1.c"; }
has_word() { case " $1 " in *" $2 "*) return 0 ;; esac; return 1; }

names=()
for source in tests/shim/*.c; do
	name=$(basename "$source" .c)
	has_word "$(words "$name")" tool && continue
	[ $# -eq 0 ] && names+=("$name")
	for part; do case $name in *"$part"*) names+=("$name"); break ;; esac; done
done

# role DIR ROLE PORT COMMAND...: one process of a claim; its transcript ends with how it ended.
role() {
	local dir=$1 role=$2 port=$3 status
	shift 3
	CLAIM_DIR=$dir timeout -k 2 $limit "$@" "$role" "$port" 2>&1 < /dev/null > "$dir/$role.out" |
		bounded "$dir/$role.err"
	status=${PIPESTATUS[0]}
	echo "status $status" >> "$dir/$role.out"
	[ $status -eq 0 ] || [ $status -eq 77 ]
}

# command MODE DIR ROLE BINARY: the words before ROLE PORT, in $command
command_for() {
	command=("$4")
	[ "$1" = bare ] || command=("$BUILD/svidwrap" run --policy "$2/policy" --log "$2/$3.log" -- "$4")
}

# once MODE DIR NAME WORDS PORT CLIENT_PORT SLOT: one run of a claim; its transcript is DIR/transcript.
once() {
	local mode=$1 dir=$2 words=$4 port=$5 client_port=$6 binary="$BUILD/shim-tests/$3" slot=$7 r status=0
	local -A binary_of=([server]=$binary [client]=$binary [alone]=$binary)
	mkdir -p "$dir"
	if [ "$mode" = mtls ]; then
		for r in server client alone; do
			cp --remove-destination "$binary" "$slot/$r" && binary_of[$r]=$slot/$r
		done
	fi
	if has_word "$words" alone; then
		command_for "$mode" "$dir" alone "${binary_of[alone]}"
		role "$dir" alone "$port" "${command[@]}" || status=1
		cp "$dir/alone.out" "$dir/transcript"
		return $status
	fi
	command_for "$mode" "$dir" server "${binary_of[server]}"
	role "$dir" server "$port" "${command[@]}" &
	local server=$!
	command_for "$mode" "$dir" client "${binary_of[client]}"
	role "$dir" client "$client_port" "${command[@]}" || status=1
	wait $server || status=1
	{ echo server; cat "$dir/server.out"; echo client; cat "$dir/client.out"; } > "$dir/transcript"
	return $status
}

# wire MODE DIR NAME WORDS PORT RELAY_PORT SLOT: once, through the relay if the words say so
wire() {
	local relay_pid=
	if [ "$1" != bypass ] && has_word "$4" relay; then
		mkdir -p "$2"
		"$PYTHON" "$RELAY" --listen "127.0.0.1:$6" --connect "127.0.0.1:$5" --record "$2/wire" \
			> "$2/relay.out" 2>&1 &
		relay_pid=$!
		await_port "$6" $relay_pid
		once "$@"
	else
		once "$1" "$2" "$3" "$4" "$5" "$5" "$7"
	fi
	local status=$?
	[ -z "$relay_pid" ] || stop $relay_pid
	return $status
}

# clear_text DIR: the marker of stream.h, seen in what the relay kept
clear_text() { cat "$1"/wire/*.c2s "$1"/wire/*.s2c | grep -aq 'plaintext-marker'; }

# report STATUS NAME: for the main shell to number
report() { [ "$1" -eq 0 ] && echo "ok $2" || echo "no $2"; }

complain() {
	local f
	echo "# $1" >&2
	for f in "$2"/transcript "$2"/*.err "$2"/*.log; do show_lines=6 show "$f"; done
}

# authenticated DIR WORDS: both logs name the other side
authenticated() {
	if has_word "$2" alone; then
		[ "$(logged "$1/alone.log" event=handshake_ok role=server)" -gt 0 ] && [ "$(logged "$1/alone.log" event=handshake_ok role=client)" -gt 0 ]
		return
	fi
	[ "$(logged "$1/server.log" event=handshake_ok role=server peer_id=spiffe://corp.local/client)" -gt 0 ] &&
		[ "$(logged "$1/client.log" event=handshake_ok role=client peer_id=spiffe://corp.local/server)" -gt 0 ]
}

# same DIR MODE: the transcript equals the bare one
same() {
	cmp -s "$1/bare/transcript" "$1/$2/transcript" && return 0
	diff -u --label bare --label "$2" "$1/bare/transcript" "$1/$2/transcript" | head -40 | sed 's/^/#   /' >&2
	return 1
}

claim() {
	local name=$1 port=$2 relay_port=$3 slot=$4 words dir="$work/claims/$1" status
	words=$(words "$name")
	if ! has_word "$words" refused; then
		wire bare "$dir/bare" "$name" "$words" "$port" "$relay_port" "$slot"
		status=$?
		grep -q '^status 77' "$dir/bare/transcript" && { echo "skip $name"; return; }
		if has_word "$words" relay; then clear_text "$dir/bare" || status=1; fi
		[ $status -eq 0 ] || complain "$name, bare" "$dir/bare"
		report $status "$name (bare)"
		[ -z "$bare_only" ] || return
		[ -z "${no_svidwrap:-}" ] || { echo "skip $name (bypass)"; echo "skip $name (mTLS)"; return; }
		mkdir -p "$dir/bypass" && policy_default=bypass policy "$dir/bypass/policy" < /dev/null
		wire bypass "$dir/bypass" "$name" "$words" "$port" "$relay_port" "$slot" && same "$dir" bypass
		status=$?
		[ $status -eq 0 ] || complain "$name, bypass" "$dir/bypass"
		report $status "$name (bypass)"
	fi
	[ -z "$bare_only" ] || return
	[ -z "${no_svidwrap:-}" ] || { echo "skip $name (mTLS)"; return; }
	mkdir -p "$dir/mtls" && claim_policy "$dir/mtls/policy" "$words" "$port" "$relay_port"
	wire mtls "$dir/mtls" "$name" "$words" "$port" "$relay_port" "$slot"
	status=$?
	has_word "$words" refused || same "$dir" mtls || status=1
	has_word "$words" no-tls || authenticated "$dir/mtls" "$words" || { echo "# no handshake_ok on both sides"; status=1; } >&2
	if has_word "$words" relay && clear_text "$dir/mtls"; then echo "# plaintext on the wire" >&2; status=1; fi
	[ $status -eq 0 ] || complain "$name, mTLS" "$dir/mtls"
	report $status "$name (mTLS)"
}

# The claims dial by address; one also by a name, one over IPv6.
claim_policy() {
	local to=$3
	has_word "$2" relay && to=$4
	policy "$1" <<- RULES
		rules:
		  - name: in
		    accept: "*:$3"
		    peers: [spiffe://corp.local/client, spiffe://corp.local/alone]
		  - name: out
		    connect: "127.0.0.1:$to"
		    peers: [spiffe://corp.local/server, spiffe://corp.local/alone]
		  - name: open
		    connect: "127.0.0.2:$to"
		    mode: bypass
		  - name: out6
		    connect: "[::1]:$to"
		    peers: [spiffe://corp.local/server]
	RULES
}

if [ -z "${no_svidwrap:-}$bare_only" ]; then
	entries=()
	for ((w = 0; w < workers; w++)); do
		for r in server client alone; do
			entries+=(--entry "spiffe://corp.local/$r=unix:path:$work/slot$w/$r")
		done
	done
	[ $# -gt 0 ] || { . tests/shim/idle.sh; idle_entries; }
	agent agent --ttl 5m "${entries[@]}" || { ok 1 "the lab agent starts"; plan; }
	[ $# -gt 0 ] || idle_begin || { ok 1 "idle connections are set up"; show "$work"/idle/*/*.err; plan; }
fi

# Each worker takes every n-th claim; ports are chosen here, where nothing runs at the same time.
ports=() relay_ports=()
for i in "${!names[@]}"; do
	free_port ports[i]
	free_port relay_ports[i]
done
mkdir -p "$work/claims"
worker_pids=()
for ((w = 0; w < workers; w++)); do
	mkdir -p "$work/slot$w"
	(
		trap 'kill $(jobs -p) 2> /dev/null; exit 1' TERM
		for ((i = w; i < ${#names[@]}; i += workers)); do
			claim "${names[i]}" "${ports[i]}" "${relay_ports[i]}" "$work/slot$w" > "$work/claims/$i.part"
			mv "$work/claims/$i.part" "$work/claims/$i.result"
		done
	) &
	worker_pids+=($!)
done
lab_pids+=("${worker_pids[@]}")
for i in "${!names[@]}"; do
	until [ -e "$work/claims/$i.result" ] || ! alive "${worker_pids[i % workers]}"; do sleep 0.05; done
	[ -e "$work/claims/$i.result" ] || { ok 1 "${names[i]}"; continue; }
	while read -r verdict what; do
		case $verdict in
		ok) ok 0 "$what" ;;
		no) ok 1 "$what" ;;
		skip) skip "$what" "${no_svidwrap:-not possible here}" ;;
		esac
	done < "$work/claims/$i.result"
done

[ -n "$bare_only" ] || [ $# -gt 0 ] || [ ! -e tests/shim/invariants.sh ] || . tests/shim/invariants.sh
[ -n "$bare_only" ] || [ $# -gt 0 ] || [ -n "${no_svidwrap:-}" ] || idle_end
plan
