#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A service that is protected by a shared token becomes one that is protected by SPIFFE mutual TLS, with the same two
# programs. The ledger is Debian's redis-server, the backend its redis-cli; a relay between them records every byte.
# Ends with a table of claims; the status is 0 if all hold. `make demo` runs it.
. "$(dirname "$0")/../../tests/support/lab.sh"

demo="$lab_root/examples/demo"
RECORDS="$lab_root/tests/support/tls_records.py"
TOKEN=ledger-token-7f3a9c51
VALUE="balance=1000000-EUR"
ID=spiffe://corp.local
redis_server=/usr/bin/redis-server redis_cli=/usr/bin/redis-cli
bold='' plain='' dim=''
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi

for tool in "$BUILD/svidwrap" "$BUILD/svidwrap-labagent" "$BUILD/libsvidwrap.so" $redis_server $redis_cli "$PYTHON"; do
	[ -e "$tool" ] || { echo "demo: $tool is missing; make demo installs and builds what is needed" >&2; exit 1; }
done

# ---- what it looks like ----

title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
note() { printf '%s\n' "$*" | fold -s -w 96; }
shown() { sed "/^$/d; s/^/    /" | cut -c 1-160; }
command_line() { printf '  %s$ %s%s\n' "$dim" "$*" "$plain"; }

claims=() results=() failed=0
# claim TEXT COMMAND...: remembered for the table
claim() {
	claims+=("$1")
	shift
	if "$@" > /dev/null 2>&1; then results+=(yes); else results+=(NO) failed=1; fi
	printf '  %-4s %s\n' "[${results[-1]}]" "${claims[-1]}"
}
table() {
	local i
	title "Claims"
	for i in "${!claims[@]}"; do printf '  %-4s %s\n' "${results[i]}" "${claims[i]}"; done
	echo
	[ $failed -eq 0 ] && echo "All ${#claims[@]} hold." || echo "Not all of them hold."
}

has() { grep -aqF -e "$2" "$1"; }
no() { ! "$@"; }
captured() { cat "$work/$1"/*.c2s "$work/$1"/*.s2c; } # all that a relay kept
captured_has() { captured "$1" | grep -aqF -e "$2"; }
events() { [ "$(logged "$work/$1.log" "${@:2}")" -gt 0 ]; }
dump() { head -c "${2:-96}" "$1" | od -A d -t x1z | shown; }

# last_event LOG [EVENT]: what matters of it
last_event() {
	grep -s "\"${2:-event}\"" "$work/$1.log" | tail -1 | "$PYTHON" -c '
import json, sys
for line in sys.stdin:
    event = json.loads(line)
    for key in ("event", "rule", "own_id", "peer_id", "suite", "phase", "error", "reason"):
        if key in event:
            print(f"    {key}: {event[key]}")'
}

# ---- the parts ----

free_port ledger_port
free_port relay_port
for p in ledger backend; do
	sed "s/6390/$ledger_port/; s/6391/$relay_port/" "$demo/$p.yaml" > "$work/$p.yaml"
done
svidwrap() { # POLICY LOG PROGRAM...: as `svidwrap run` would be typed
	local policy=$1 log=$2
	shift 2
	timeout -k 2 20 "$BUILD/svidwrap" run --policy "$work/$policy.yaml" --agent "$agent_api" --log "$work/$log.log" -- "$@"
}
start_ledger() { # WORDS BEFORE THE COMMAND
	spawn ledger "$@" $redis_server --bind 127.0.0.1 --port "$ledger_port" --requirepass "$TOKEN" \
		--save '' --appendonly no --dir "$work" --loglevel warning
	ledger=$spawned
	await_port "$ledger_port" "$ledger" || { show "$work/ledger.err"; echo "demo: the ledger does not start" >&2; exit 1; }
}
ask=(--raw -h 127.0.0.1 -p "$relay_port")
export REDISCLI_AUTH=$TOKEN

before() {
	title "Before: a shared token"
	note "The ledger asks for a token, the backend has it in its environment. A relay stands for whoever can listen."
	start_ledger
	relay before "$relay_port" "$ledger_port"
	local relay=$spawned
	timeout 10 $redis_cli "${ask[@]}" SET account:42 "$VALUE" > /dev/null 2>&1
	command_line "REDISCLI_AUTH=... redis-cli -p $relay_port GET account:42"
	timeout 10 $redis_cli "${ask[@]}" GET account:42 2>&1 | tee "$work/before.answer" | shown
	echo "  what the wire showed:"
	dump "$work/before/2.c2s"
	claim "before: the answer arrives" has "$work/before.answer" "$VALUE"
	claim "before: the token crosses the wire in clear" captured_has before "$TOKEN"
	claim "before: so does the value" captured_has before "$VALUE"
	stop "$ledger" "$relay"
}

after() {
	title "After: the same two programs under svidwrap"
	note "An agent gives each process an identity by what it is: here the path of its executable." \
		"Policies: examples/demo/ledger.yaml and backend.yaml."
	grep -v '^#' "$work/ledger.yaml" | shown
	command_line "svidwrap run --policy ledger.yaml -- redis-server --requirepass ..."
	start_ledger "$BUILD/svidwrap" run --policy "$work/ledger.yaml" --agent "$agent_api" --log "$work/ledger.log" --
	relay after "$relay_port" "$ledger_port"
	svidwrap backend backend $redis_cli "${ask[@]}" SET account:42 "$VALUE" > /dev/null 2>&1
	command_line "svidwrap run --policy backend.yaml -- redis-cli -p $relay_port GET account:42"
	svidwrap backend backend $redis_cli "${ask[@]}" GET account:42 2>&1 | tee "$work/after.answer" | shown
	echo "  what the wire showed, client to server (the same command, record by record):"
	"$PYTHON" "$RECORDS" "$work/after/2.c2s" 5 | shown
	echo "  and back, the record that holds the answer (17 03 03, its length, ciphertext):"
	"$PYTHON" "$RECORDS" "$work/after/2.s2c" 99 | grep '17 03 03' | tail -2 | head -1 | shown
	claim "the answer arrives" has "$work/after.answer" "$VALUE"
	claim "every byte on the wire belongs to a TLS record, both ways" all_records after
	claim "the data travels in records of type 17 03 03" data_records after
	claim "no byte of the token is on the wire" no captured_has after "$TOKEN"
	claim "no byte of the value is on the wire" no captured_has after "$VALUE"
	echo "  the ledger's log:"
	last_event ledger handshake_ok
	claim "the ledger's log names $ID/backend" \
		events ledger event=handshake_ok role=server "peer_id=$ID/backend"
}
all_records() {
	local f
	for f in "$work/$1"/*.[cs]2[cs]; do "$PYTHON" "$RECORDS" "$f" || return 1; done
}
data_records() { "$PYTHON" "$RECORDS" "$work/$1/2.c2s" 99 | grep -q '17 03 03.*application_data' &&
	"$PYTHON" "$RECORDS" "$work/$1/2.s2c" 99 | grep -q '17 03 03.*application_data'; }

strangers() {
	title "Who does not get in"
	note "client: a copy of redis-cli with an identity of its own, which the ledger's policy does not name."
	svidwrap backend client "$work/client/redis-cli" "${ask[@]}" GET account:42 2>&1 | tee "$work/client.answer" | shown
	echo "  the ledger's log:"
	last_event ledger handshake_refused
	claim "a client with a valid SVID that is not in the policy is refused" refused client
	claim "the ledger's log says who that was, and why" \
		events ledger event=handshake_refused "peer_id=$ID/client" phase=authorization
	note "rogue: another copy, which no entry knows."
	svidwrap backend rogue "$work/rogue/redis-cli" "${ask[@]}" GET account:42 2>&1 | tee "$work/rogue.answer" | shown
	echo "  its own log:"
	last_event rogue
	claim "a rogue without a registration entry gets no identity and no connection" rogue_has_nothing
	note "plain: redis-cli without svidwrap, with the right token."
	timeout -k 2 10 $redis_cli "${ask[@]}" GET account:42 2>&1 | tr -d '\000-\010' | tee "$work/plain.answer" | shown
	claim "a plain redis-cli with the right token gets nothing" refused plain
}
refused() { [ -e "$work/$1.answer" ] && ! has "$work/$1.answer" "$VALUE"; }
rogue_has_nothing() { refused rogue && ! events rogue event=svid_received && ! events rogue event=handshake_ok; }

rotation() {
	title "The SVID rotates under an open connection"
	local held n serial_before serial_after
	mkfifo "$work/held.in" && exec {held}<> "$work/held.in"
	spawn_in="$work/held.in" spawn held "$BUILD/svidwrap" run --policy "$work/backend.yaml" --agent "$agent_api" \
		--log "$work/held.log" -- $redis_cli "${ask[@]}"
	local client=$spawned
	echo "INCR visits" >&"$held"
	until_true 10 grep -qsx 1 "$work/held.out"
	serial_before=$(last_serial own_serial)
	note "The agent is told to issue anew (SIGUSR1); its SVIDs live for 5 minutes and would rotate at half of that."
	kill -USR1 "$agent_pid"
	sleep 1
	echo "INCR visits" >&"$held"
	until_true 5 grep -qsx 2 "$work/held.out"
	claim "the connection that was open lives on" grep -qx 2 "$work/held.out"
	n=$(svidwrap backend backend $redis_cli "${ask[@]}" INCR visits 2> /dev/null)
	serial_after=$(last_serial own_serial)
	printf '    ledger, first connection:  serial %s\n    ledger, next connection:   serial %s\n' \
		"${serial_before:-?}" "${serial_after:-?}"
	claim "the next connection works" [ "$n" = 3 ]
	claim "and shows the new serial" both_differ "$serial_before" "$serial_after"
	exec {held}>&-
	stop "$client"
}
both_differ() { [ -n "$1" ] && [ -n "$2" ] && [ "$1" != "$2" ]; }
# last_serial MEMBER: of the ledger's last handshake
last_serial() { sed -n "/\"handshake_ok\"/s/.*\"$1\": *\"\\([^\"]*\\)\".*/\\1/p" "$work/ledger.log" | tail -1; }

began=$SECONDS
mkdir -p "$work/client" "$work/rogue"
cp $redis_cli "$work/client/"
cp $redis_cli "$work/rogue/"
before
agent agent --ttl 5m \
	--entry "$ID/ledger=unix:path:$(readlink -f $redis_server)" \
	--entry "$ID/backend=unix:path:$(readlink -f $redis_cli)" \
	--entry "$ID/client=unix:path:$work/client/redis-cli" || exit 1
agent_pid=$spawned
after
strangers
rotation
stop "${lab_pids[@]}"
nothing_runs() {
	local pid
	for pid in "${lab_pids[@]}"; do ! child "$pid" || return 1; done
	! listening "$ledger_port" && ! listening "$relay_port"
}
claim "nothing is left running" nothing_runs
table
printf '%s seconds\n' $((SECONDS - began))
exit $failed
