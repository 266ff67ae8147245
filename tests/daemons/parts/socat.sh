#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: socat, nc (traditional)
# package: socat netcat-traditional
# roles: server, client
# done: a forking server that runs a program for each connection, 3 MB both ways, half-closed ends; netcat-traditional as server and client
# limits: socat with EXEC keeps the connection itself and talks to its program over a socket pair
. "$(dirname "$0")/../scene.sh"

random large 3000000
program socat
program nc.traditional
program nc

echoes() {
	serve "$work/bin/socat" "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" EXEC:cat || return 1
	for i in 1 2 3; do
		client "$work/bin/socat" -t 10 STDIO "TCP:127.0.0.1:$port" < "$work/large" | cmp - "$work/large" && echo "came back"
	done > "$dir/found"
	stop "$server_pid"
	[ "$(wc -l < "$dir/found")" -eq 3 ]
}

traditional() {
	spawn_in="$work/large" spawn "$what/server" "${on_server[@]}" "$work/bin/nc.traditional" -l -p "$port" -s 127.0.0.1 -q 5
	server_pid=$spawned
	await_port "$port" "$server_pid" || return 1
	client "$work/bin/nc.traditional" -q 5 127.0.0.1 "$port" < "$work/large" > "$dir/got"
	finish 10 "$server_pid"
	cmp "$dir/got" "$work/large" && cmp "$dir/server.out" "$work/large" && echo both > "$dir/found"
}

raw() {
	serve "$work/bin/socat" "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" "OPEN:$work/large" || return 1
	peer_client < /dev/null > "$dir/found"
	stop "$server_pid"
	cmp "$dir/found" "$work/large"
}

the_agent agent --ttl 5m
both "socat runs cat for each connection" echoes socat socat
both "netcat-traditional, both ways at once" traditional nc.traditional nc.traditional
with_openssl "socat sends a file" raw socat nc
plan
