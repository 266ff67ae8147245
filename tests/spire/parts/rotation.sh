#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# SVIDs of one minute, three minutes of work: SPIRE replaces each of them about every half minute. Connections that are
# held, connections that are opened all the time, and two processes that do nothing at all in between.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"
. "$lab_root/tests/spire/traffic.sh"

have_svidwrap && have_spire || { skip "rotation" "${spire_why:-svidwrap is not built}"; plan; }
held=180 # requests on the held connections, one a second

# hold_cli: redis-cli with one connection and nothing else to do
hold_cli() {
	spawn held-cli "$BUILD/svidwrap" run --policy "$work/busy.policy" --log "$work/held-cli.log" --wait 30s -- \
		"$work/bin/cli" -h 127.0.0.1 -p "${redis_port[busy]}" -i 1 -r $held INCR held-by-cli
	cli_pid=$spawned
}
everyone_starts() {
	spire_ttl=1m spire_server a corp.local && spire_agent a && spire_workloads a || return 1
	cp "$(readlink -f "$(command -v redis-cli)")" "$work/bin/cli"
	spire_entry a client "unix:path:$work/bin/cli" && redis busy && redis idle || return 1
	mkfifo "$work/wake" && exec {wake}<> "$work/wake" || return 1
	spawn_in="$work/wake" traffic sleeper idle
	traffic traffic busy --hold 1 --new 0.5
	hold_cli
	echo >&"$wake"
	until_true 30 has_answers sleeper new 1 && until_true 30 has_answers traffic held 5
}

# descriptors PID: how many it has when no short connection is open: the least of what is seen in two seconds
descriptors() {
	local least=100000 n end=$((SECONDS + 2))
	while [ $SECONDS -le $end ]; do
		n=$(ls "/proc/$1/fd" | wc -l)
		[ "$n" -ge "$least" ] || least=$n
	done
	echo "$least"
}
kilobytes() { sed -n 's/^RssAnon:[[:space:]]*\([0-9]*\) kB/\1/p' "/proc/$1/status"; }

handshakes() { logged "$work/$1.log" event=handshake_ok; }
rotations() { logged "$work/$1.log" event=svid_rotated; }
# found NAME: a number out of what serials.py found in the two logs
found() { sed -n "s/.*\<$1=\([0-9]*\).*/\1/p" "$work/found"; }
serials() { tests/support/serials.py "$work/$1.log" "$work/$2.log" > "$work/found" && cat "$work/found"; }
# last_serial LOG: of the own SVID in its latest handshake
last_serial() { sed -n '/handshake_ok/s/.*"own_serial":"\([0-9a-f]*\)".*/\1/p' "$work/$1.log" | tail -1; }

check "redis and its clients start" everyone_starts || plan
for p in "${redis_pid[busy]}" "${traffic_pid[traffic]}"; do
	descriptors_of[p]=$(descriptors "$p") kilobytes_of[p]=$(kilobytes "$p")
done
first_of_sleeper=$(last_serial sleeper) first_of_idle=$(last_serial idle)

# not_grown PID: nothing is kept of SVIDs and connections that have gone
not_grown() {
	local now memory
	now=$(descriptors "$1") memory=$(kilobytes "$1")
	echo "descriptors ${descriptors_of[$1]}, now $now; kB ${kilobytes_of[$1]}, now $memory"
	[ "$now" -le "${descriptors_of[$1]}" ] && [ "$memory" -le $((kilobytes_of[$1] + 200)) ]
}
# both_rotated N: so many new SVIDs at least, each shown in handshakes
both_rotated() {
	cat "$work/found"
	[ "$(found server_svids)" -gt "$1" ] && [ "$(found client_svids)" -gt "$1" ] &&
		[ "$(found server_shown)" -gt "$1" ] && [ "$(found client_shown)" -gt "$1" ]
}
# woken: the sleeper connects to the idle redis, and both show what they did not have before
woken() {
	echo >&"$wake"
	until_true 30 has_answers sleeper new 2 && no_fault sleeper new || return 1
	[ "$(last_serial sleeper)" != "$first_of_sleeper" ] && [ "$(last_serial idle)" != "$first_of_idle" ]
}
counted() { seq $held | cmp - "$work/held-cli.out"; }

until_true $((held + 40)) has_answers traffic held $held
finish 20 "$cli_pid"
check "a python client's held connection loses, doubles and reorders nothing in three minutes" no_fault traffic held
check "nor does redis-cli's, whose process opens no other" eval 'counted && [ "$(handshakes held-cli)" -eq 1 ]'
check "every connection opened meanwhile works" no_fault traffic new
check "each side presents its newest SVID and takes none after its end; the other side's event has the same serial" \
	serials busy traffic
check "both sides' SVIDs were replaced at least twice, and new connections show each of them" both_rotated 2
check "the server has no more descriptors and hardly more memory than before" not_grown "${redis_pid[busy]}"
check "nor has the client" not_grown "${traffic_pid[traffic]}"
check "two processes that did nothing for the lives of three SVIDs connect at once" woken
check "and show each other fresh SVIDs" serials idle sleeper
[ $tap_failed -eq 0 ] || show "$work"/*.err "$work"/*.log
plan
