#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# examples/container in Docker: a daemon and its client in containers that are locked up, and what the entry point
# refuses. The identities are the lab agent's, which runs outside and knows callers by their user.
. "$(dirname "$0")/../support/lab.sh"
. "$lab_root/tests/container/box.sh"

if ! have_svidwrap || ! have_docker; then
	skip "examples/container" "${docker_why:-svidwrap is not built}"
	plan
fi
L=spiffe://corp.local/ledger B=spiffe://corp.local/backend
sockets="$work/sockets" policy_file="$work/policy.yaml"

prepare() {
	mkdir -m 755 "$sockets" "$work/opt"
	chmod 711 "$work"
	install -m 644 examples/container/policy.yaml "$policy_file"
	programs_image && example_image || return 1
	docker network create --label "$label" "$network" > /dev/null || return 1
	agent sockets/agent --entry "$L=unix:uid:65534" --entry "$B=unix:uid:65533"
}

# compose COMMAND...: of the example
compose() {
	(cd "$work/context" && IMAGE=$image BASE_IMAGE=$box-programs AGENT_FOLDER=$sockets POLICY=$policy_file \
		"${compose[@]}" -p "$box" -f compose.yml "$@" < /dev/null 2>&1)
}

# ---- the example ----

example() {
	check "the example comes up" compose up -d ledger
	ledger=$(compose ps -q ledger)
	check "its daemon has its identity" until_true 20 log_has "$ledger" "\"event\":\"svid_received\".*\"own_id\":\"$L\""
	compose run --rm backend > "$work/pong" 2>&1
	check "its client is answered over mutual TLS" grep -q '^PONG' "$work/pong"
	check "docker logs shows who came" until_true 5 log_has "$ledger" "\"event\":\"handshake_ok\".*\"peer_id\":\"$B\""
	check "nothing in it is writable, it has no capability, and cannot gain any" locked_up "$ledger"
	check "process 1 is the program" first_process "$ledger" redis-server
	docker exec "$ledger" redis-cli -p 8443 -e ping > "$work/plain" 2>&1
	check "a client without the shim gets nothing, in the same container" not_answered "$work/plain"
	client_options=(--user 65532:65532)
	as_client redis-cli -h ledger -p 8443 ping
	check "a container without a registration entry gets nothing" not_answered "$work/client.out"
	check "... and says why on its standard error" grep -q '"error":"ERR_AGENT_DENIED"' "$work/client.err"
	client_options=()
	check "docker stop ends the daemon within five seconds" stops_within 5 "$ledger"
	check "... gracefully, with its own status" is "$(exit_code "$ledger")" -eq 0
	check "... and in its own words" log_has "$ledger" 'ready to exit, bye bye'
	compose rm -f ledger > /dev/null
}
is() { [ "$1" "$2" "$3" ]; }
not_answered() { cat "$1"; ! grep -q PONG "$1"; }
first_process() { docker exec "$1" sh -c 'tr "\0" " " < /proc/1/cmdline' | grep -q "^$2"; }
locked_up() {
	docker exec "$1" sh -c '! (echo > /tmp/x || echo > /svidwrap/x || echo > /var/lib/redis/x || echo > /etc/svidwrap/policy.yaml) 2> /dev/null &&
		grep -Eq "^CapBnd:.0*$" /proc/1/status && grep -Eq "^CapEff:.0*$" /proc/1/status &&
		grep -Eq "^NoNewPrivs:.1$" /proc/1/status && grep -Eq "^Seccomp:.2$" /proc/1/status && [ ! -e /dev/log ]'
}
stops_within() {
	local began=$SECONDS
	docker stop -t 20 "$2" > /dev/null && [ $((SECONDS - began)) -le "$1" ]
}

# ---- the entry point ----

# ledger_runs [DOCKER-OPTION...] -- COMMAND...: and answers the client; its container is $ledger
ledger_runs() {
	local options=()
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	docker rm -f "$box-ledger" > /dev/null 2>&1
	ledger=$box-ledger
	locked -d --name "$ledger" --network-alias ledger --user 65534:65534 "${options[@]}" "$image" "$@" > "$work/run.log" 2>&1 ||
		{ show "$work/run.log"; return 1; }
	until_true 20 log_has "$ledger" 'Ready to accept' && as_client redis-cli -h ledger -p 8443 ping && grep -q PONG "$work/client.out" ||
		{ logs "$ledger"; cat "$work/client.err"; return 1; }
}
redis=(redis-server --port 8443 --protected-mode no --save '')

programs_that_run() {
	check "the image's CMD runs" ledger_runs --
	check "so does a command that is given" ledger_runs -- "${redis[@]}"
	printf '#!/bin/sh\nexec redis-server "$@"\n' > "$work/opt/start.sh" && chmod 755 "$work/opt/start.sh"
	check "a script runs" ledger_runs -- /opt/start.sh "${redis[@]:1}"
	check "busybox's shell and tools do as well" ledger_runs --entrypoint /bb/sh -e PATH=/bb:/usr/bin -- \
		/svidwrap/entrypoint.sh "${redis[@]}"
	check "what was preloaded before stays behind the shim" \
		ledger_runs -e LD_PRELOAD=/lib/x86_64-linux-gnu/libm.so.6 -- sh -c \
		'[ "$LD_PRELOAD" = /svidwrap/libsvidwrap.so:/lib/x86_64-linux-gnu/libm.so.6 ] && exec "$@"' sh "${redis[@]}"
	mkdir -m 777 "$work/log"
	check "events go to a mounted file if one is named" ledger_runs -v "$work/log:/log" -e SVIDWRAP_LOG=/log/audit.log -- "${redis[@]}"
	check "... they are there" grep -q "\"peer_id\":\"$B\"" "$work/log/audit.log"
	check "... and not in docker logs" not_logged "$ledger"
	mkdir -m 755 "$work/beside"
	cp "$work/context/entrypoint.sh" "$BUILD"/{svidwrap,libsvidwrap.so} "$work/beside" && chmod 755 "$work/beside"/*
	check "with the svidwrap command beside it, that does the work" ledger_runs -v "$work/beside:/svidwrap:ro" \
		-e SVIDWRAP_WAIT=20s -- "${redis[@]}"
	check "the command alone is an entry point too" ledger_runs -v "$work/beside:/svidwrap:ro" --entrypoint /svidwrap/svidwrap -- \
		run --log stderr --wait 20s -- "${redis[@]}"
	echo '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["memfd_create"],"action":"SCMP_ACT_ERRNO"}]}' > "$work/seccomp.json"
	ledger_runs --security-opt "seccomp=$work/seccomp.json" -- > /dev/null 2>&1
	check "where memfd_create is forbidden nobody is answered" not_answered "$work/client.out"
	check "... and the event says so" log_has "$ledger" '"event":"handshake_refused".*"role":"server".*is memfd_create forbidden'
	docker rm -f "$ledger" > /dev/null
	client_options=(--entrypoint /svidwrap/entrypoint.sh)
	as_client sh -c 'exit 7'
	check "the program's status is the container's" is $? -eq 7
	client_options=()
}
not_logged() { ! log_has "$1" handshake_ok; }

waiting() {
	local late=$box-late
	locked -d --name "$late" --user 65534:65534 -e SVIDWRAP_WAIT=60s \
		-e SPIFFE_ENDPOINT_SOCKET=unix:///run/spire/sockets/late.sock "$image" "${redis[@]}" > /dev/null
	check "a container that is up before the agent says what it waits for" \
		until_true 20 log_has "$late" '^svidwrap: redis-server: waiting up to 60s for the agent: .*late.sock: No such file'
	check "it can be stopped meanwhile" stops_within 5 "$late"
	check "... which its status shows" is "$(exit_code "$late")" -eq $((128 + 15))
	docker start "$late" > /dev/null
	agent sockets/late --entry "$L=unix:uid:65534"
	check "it starts once the agent is there" until_true 20 log_has "$late" 'Ready to accept'
	docker rm -f "$late" > /dev/null
	locked --user 65534:65534 -e SVIDWRAP_WAIT=2s -e SPIFFE_ENDPOINT_SOCKET=unix:///run/spire/sockets/none.sock "$image" "${redis[@]}" \
		> "$work/late.out" 2>&1
	check "without an agent it ends with 125 at the bound" is $? -eq 125
	check "... and says what was missing" grep -q 'no identity within 2s: .*none.sock: No such file.*is the agent running' "$work/late.out"
}

. "$lab_root/tests/container/refusals.sh"

prepare || { ok 1 "images, network and agent can be made"; plan; }
example
programs_that_run
waiting
programs_that_are_refused
settings_that_are_refused
places_of_the_shim
plan
