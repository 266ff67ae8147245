#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The agent dies, hangs, or loses an entry; the server behind it dies. SVIDs of 20 s, so that they end within the test.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"
. "$lab_root/tests/spire/traffic.sh"

have_svidwrap && have_spire || { skip "an agent that fails" "${spire_why:-svidwrap is not built}"; plan; }
redis_timeout=2s
patience=4000 # ms that a call may take: the rule's time-out, and what a busy machine adds

kill_hard() { kill -KILL "$1" && wait "$1" 2> /dev/null; }
now() { date +%s.%N; }
# latest LOG EVENTS KEY: that member of its latest event of these kinds
latest() { grep -E "\"event\":\"($2)\"" "$work/$1.log" | tail -1 | sed "s/.*\"$3\":\"\([^\"]*\)\".*/\1/"; }
expiry() { date -d "$(latest "$1" 'svid_received|svid_rotated' expiry)" +%s; }
# first_expiry: of the two SVIDs that new connections need
first_expiry() {
	local client server
	client=$(expiry traffic) server=$(expiry busy)
	echo $((client < server ? client : server))
}
failures() { grep -c '^[0-9.]* new .*[^o][^k]$' "$work/traffic.out"; }
has_failures() { [ "$(failures)" -ge "$1" ]; }
lost() { logged "$work/$1.log" event=svid_lost; }
has_lost() { [ "$(lost "$1")" -ge "$2" ]; }

# requests FROM TO: "ok" or "failed" for each new connection begun in between
requests() {
	awk -v from="$1" -v to="$2" '$2 == "new" && $1 - $4 / 1000 >= from && $1 - $4 / 1000 < to {
		print $NF == "ok" ? "ok" : "failed" }' "$work/traffic.out" > "$work/requests"
	sort "$work/requests" | uniq -c
}
all_work() { requests "$1" "$2"; grep -q ok "$work/requests" && ! grep -q failed "$work/requests"; }
all_fail() { requests "$1" "$2"; grep -q failed "$work/requests" && ! grep -q ok "$work/requests"; }

# outage: new connections work until the first SVID ends and no longer; assigns $began and $ended
outage() {
	local before
	before=$(failures) began=$1 ended=0 back=0
	until_true 60 has_failures $((before + 3)) || return 1
	ended=$(first_expiry) back=$(now)
}
works_until_the_end() { all_work "$began" $((ended - 1)); }
closed_after_the_end() { all_fail $((ended + 1)) "$back"; }
says_identity() { [ "$(logged "$work/$1.log" event=handshake_refused phase=identity)" -gt 0 ]; }

# With a chain that lives on, to a server whose own SVID has ended: perhaps some seconds after the client's
is_past() { [ "$(date +%s)" -gt "$1" ]; }
server_closed_too() { until_true 25 is_past "$(expiry busy)" && ! plain_client "${redis_port[busy]}" "$work/a-svid" && until_true 5 says_identity busy; }
# A whole outage's claims. WHAT
claims() {
	check "$1: new connections work until the first SVID ends" works_until_the_end
	check "$1: then they fail" closed_after_the_end
	check "$1: the held connection goes on" more_answers traffic held 3
}
longest() { awk '{ if ($4 > most) most = $4 } END { print most + 0 }' "$work/traffic.out"; }

everyone_starts() {
	spire_ttl=10m spire_server a corp.local && spire_agent a && spire_workloads a -x509SVIDTTL 20 && redis busy || return 1
	cp "$(readlink -f "$PYTHON")" "$work/bin/python"
	spire_entry a client "unix:path:$work/bin/python" || return 1
	PYTHON=$work/bin/python traffic graced busy --hold 1 --new 1
	traffic traffic busy --hold 0.5 --new 0.5
	more_answers traffic new 3 && more_answers graced new 1 && fetch_svid a
}
# taken_back: the client lost an SVID that had time left, and the reason is the agent's answer
taken_back() {
	until_true 20 has_lost traffic $((losses + 1)) && latest traffic svid_lost reason | grep -F PermissionDenied &&
		[ "$(expiry traffic)" -gt "$(date -d "$(latest traffic svid_lost time)" +%s)" ]
}
# grace: IDENTITY_GRACE_MS after the denial, which came by the back-off (at most 30 s) after the agent's return
grace() {
	local after
	until_true 60 has_lost graced 1 && latest graced svid_lost reason || return 1
	after=$(($(date -d "$(latest graced svid_lost time)" +%s) - ${returned%.*}))
	echo "$after s after the agent's return"
	[ "$after" -ge 29 ] && [ "$after" -le 75 ] && latest graced svid_lost reason | grep -qF 'denied an identity 30 s ago'
}
entry_of() { # PATH
	at_server a entry show -output json |
		json 'next(e["id"] for e in it["entries"] if any(s["value"] == "path:'"$1"'" for s in e["selectors"]))'
}
delete_entry() { at_server a entry delete -entryID "$(entry_of "$1")"; }
client_path=$(readlink -f "$PYTHON")

check "redis and its clients start" everyone_starts || plan

kill_hard "${agent_pid[a]}"
check "an entry is deleted while the agent is dead" delete_entry "$work/bin/python"
outage "$(now)"
claims "the agent is dead"
check "the agent is dead: the client's event says identity, and that the SVID went" \
	eval 'until_true 15 says_identity traffic && has_lost traffic 1'
check "the agent is dead: the server, without an SVID, refuses a client that has one" server_closed_too
check "the agent is dead: nothing waits longer than the rule says" eval '[ "$(longest)" -le $patience ]'
check "the agent comes back" spire_agent_start a
returned=$(now)
check "new connections work again, with the same processes" more_answers traffic new 3

kill -STOP "${agent_pid[a]}"
outage "$(now)"
claims "the agent hangs"
check "the agent hangs: nothing waits longer than the rule says" eval '[ "$(longest)" -le $patience ]'
kill -CONT "${agent_pid[a]}"
check "the agent goes on: new connections work again" more_answers traffic new 3

began=$(now) losses=$(lost traffic)
check "an entry is deleted" delete_entry "$client_path"
check "the SVID goes before its time, because the agent says so" taken_back
check "new connections fail" eval 'until_true 20 has_failures $(($(failures) + 2))'
check "the held connection goes on" more_answers traffic held 3
check "the entry is made again: new connections work" \
	eval 'spire_entry a client "unix:path:$client_path" -- -x509SVIDTTL 20 && more_answers traffic new 3'

kill_hard "${server_pid[a]}"
outage "$(now)"
claims "the server is dead"
check "the server comes back: new connections work again" eval 'spire_server_start a && more_answers traffic new 3'
check "an SVID that the agent denies after its own restart serves half a minute from the denial, not to its end" grace
check "a held connection loses, doubles and reorders nothing through all of it" no_fault traffic held
[ $tap_failed -eq 0 ] || show "$work"/*.err "$work"/*.log
plan
