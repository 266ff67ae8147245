#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The order of starting: programs first, then the agent, then the registration entries. With --wait a program starts when
# it can; without it, it runs, can do nothing, and can as soon as the rest is there.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"

have_svidwrap && have_spire || { skip "programs before their agent" "${spire_why:-svidwrap is not built}"; plan; }
L=spiffe://corp.local/ledger B=spiffe://corp.local/backend
server_path=$(readlink -f "$(command -v redis-server)") client_path=$(readlink -f "$(command -v redis-cli)")
missing="$work/spire/agent.sock: No such file or directory"
declare -A pid

# redis NAME PORT [OPTION...]: under svidwrap, with the options of run in the array run
redis() {
	local name=$1 port=$2
	shift 2
	mkdir "$work/$name.data"
	spawn "$name" "$BUILD/svidwrap" run --policy "$work/policy.yaml" --log "$work/$name.log" "${run[@]}" -- redis-server \
		--port "$port" --dir "$work/$name.data" --save '' "$@"
	pid[$name]=$spawned
}
# ask PORT WORD...: a client under svidwrap
ask() {
	local port=$1
	shift
	timeout -k 2 20 "$BUILD/svidwrap" run --policy "$work/policy.yaml" --log "$work/client.log" -- redis-cli -p "$port" "$@" \
		2>&1 | head -c 2000
}
pong() { [ "$(ask "$1" ping)" = PONG ]; }
no_pong() { ! pong "$1"; }
says() { grep -Eq -- "$2" "$work/$1.err"; }                # NAME REGEX, on standard error
event() { local log=$1; shift; [ "$(logged "$work/$log.log" "$@")" -gt 0 ]; } # NAME KEY=VALUE...
reason() { grep '"phase":"identity"' "$work/$1.log" | grep -Fq -- "$2"; }      # NAME TEXT
linked() { ask "$replica_port" info replication | grep -q '^master_link_status:up'; }
# gives_up REGEX COMMAND...: with 125 or, without run, 1, and the regex in the last line
gives_up() {
	local want=$1
	shift
	"$@" > "$work/gives-up.out" 2> "$work/gives-up.err"
	[ $? -eq "$status" ] && tail -n 1 "$work/gives-up.err" | grep -Eq -- "$want"
}
try_main() { # with a bound of two seconds
	gives_up "$1" "$BUILD/svidwrap" run --policy "$work/policy.yaml" --wait 2s -- redis-cli -p "$patient_port" ping
}

not_listening() { ! listening "$1"; }
at_most_lines() { [ "$(wc -l < "$2")" -le "$1" ]; }
finish_with() { finish "$1" "${lab_pids[-1]}" && grep -q "$3" "$work/$2.out"; } # SECONDS NAME TEXT: the latest spawned
alive_all() { alive "${pid[early]}" && alive "${pid[replica]}" && alive "${pid[patient]}"; }

agent_api="unix://$work/spire/agent.sock"
free_port patient_port
free_port early_port
free_port replica_port
policy "$work/policy.yaml" << RULES
rules:
  - name: in
    accept: "*:1024-65535"
    peers: [$L, $B]
    timeout: 2s
  - name: out
    connect: "127.0.0.1:1024-65535"
    peers: [$L]
    timeout: 2s
RULES
spire_server spire corp.local || { ok 1 "a SPIRE server starts"; plan; }

# ---- nothing is there ----
run=(--wait 240s)
redis patient "$patient_port"
run=()
redis early "$early_port"
redis replica "$replica_port" --replicaof 127.0.0.1 "$early_port"
check "a program that waits says that it waits for the agent" \
	until_true 10 says patient "^svidwrap: redis-server: waiting up to 240s for the agent: .*$missing\$"
check "... and does not run yet" not_listening "$patient_port"
status=125 check "at the bound it exits with 125, and says that the agent was missing" \
	try_main "^svidwrap: redis-cli: no identity within 2s: .*$missing; is the agent running"
check "programs that do not wait are up" await_port "$early_port" "${pid[early]}"
check "... and nobody gets an answer of them" no_pong "$early_port"
check "the client's event says that it had no identity, and why" reason client "$missing"
exec {fd}<> "/dev/tcp/127.0.0.1/$early_port" # a client that is not managed
check "the server's event says so too" until_true 10 event early role=server phase=identity error=ERR_AGENT_UNAVAILABLE
check "... with the reason" reason early "$missing"
exec {fd}>&-

# ---- the agent comes; no entry yet ----
spire_agent spire || { ok 1 "the agent starts"; plan; }
check "then it says that it waits for a registration entry" \
	until_true 10 says patient '^svidwrap: redis-server: waiting up to [0-9]+s more for a registration entry: .*PermissionDenied'
status=125 check "at the bound it exits with 125, and says which entry was missing" \
	try_main "no identity within 2s: .*PermissionDenied.*; .*uid $(id -u), gid $(id -g), path $client_path.; create one"
status=1 check "svidwrap svid says the same" gives_up 'PermissionDenied.*no registration entry matching this process' \
	"$BUILD/svidwrap" svid --agent "$agent_api" --wait 2s
check "without an entry nobody gets an answer" no_pong "$early_port"
check "the client's event says that the agent denied it" event client role=client phase=identity error=ERR_AGENT_DENIED
check "a program that waits still does not run" not_listening "$patient_port"

# ---- the entries come ----
spawn svid "$BUILD/svidwrap" svid --agent "$agent_api" --wait 60s
check "svidwrap svid waits for the entry and says so" until_true 10 says svid 'waiting up to 60s for a registration entry'
spire_entry spire ledger "unix:path:$server_path" "unix:uid:$(id -u)"
spire_entry spire backend "unix:path:$client_path" "unix:uid:$(id -u)"
spire_entry spire me "unix:path:$BUILD/svidwrap" "unix:uid:$(id -u)"
check "a program that waits starts once the entry is there" await_port "$patient_port" "${pid[patient]}"
check "... says what it got" says patient "^svidwrap: redis-server: got $L after [0-9]+s\$"
check "... has said each reason once" at_most_lines 5 "$work/patient.err"
check "... and answers" until_true 10 pong "$patient_port"
check "svidwrap svid shows it once it is there" finish_with 60 svid 'spiffe://corp.local/me'
check "a server that was started before the agent answers, without a restart" until_true 10 pong "$early_port"
check "a client that was started before the agent reaches its server, without a restart" until_true 20 linked
check "... as itself" event early role=server event=handshake_ok "peer_id=$L"
check "none of them was restarted" alive_all
plan
