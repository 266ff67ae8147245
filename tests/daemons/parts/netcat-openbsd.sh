#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: nc (OpenBSD)
# package: netcat-openbsd
# roles: server, client
# done: 3 MB one way and 100 kB the other at once; OpenSSL's client and server on the other side
# limits: none known
. "$(dirname "$0")/../scene.sh"

random middle 100000
random large 3000000
program nc

# nc ends as soon as its peer has, so the side with more to say ends first.
netcat() {
	spawn_in="$work/large" spawn "$what/got-by-server" timeout -k 2 60 "${on_server[@]}" "$work/bin/nc" -N -l 127.0.0.1 "$port"
	server_pid=$spawned
	await_port "$port" "$server_pid" || return 1
	client "$work/bin/nc" 127.0.0.1 "$port" < "$work/middle" > "$dir/got-by-client"
	finish 10 "$server_pid"
	cmp "$dir/got-by-server.out" "$work/middle" && cmp "$dir/got-by-client" "$work/large" && echo both > "$dir/found"
}

# What came before the peer's end.
to_openssl() {
	peer_server "$work/large" || return 1
	client "$work/bin/nc" -d 127.0.0.1 "$port" > "$dir/got"
	stop "$server_pid"
	cmp "$dir/got" "$work/large" && echo whole > "$dir/found"
}

from_openssl() {
	spawn_in="$work/large" spawn "$what/server" timeout -k 2 60 "${on_server[@]}" "$work/bin/nc" -N -l 127.0.0.1 "$port"
	await_port "$port" "$spawned" || return 1
	peer_client < /dev/null > "$dir/got"
	cmp "$dir/got" "$work/large" && echo whole > "$dir/found"
}

the_agent agent --ttl 5m
both "nc and nc, both ways at once" netcat nc nc
with_openssl "nc hears a server" to_openssl nc nc
with_openssl "nc is heard by a client" from_openssl nc nc
plan
