#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: memcached memcslap
# package: memcached libmemcached-tools
# roles: server, client
# done: four threads under memcslap's load, values to 900 kB, a plain stream of commands
# limits: none known
. "$(dirname "$0")/../scene.sh"

for p in memcached memcslap memccp memccat nc; do program $p; done
random value 900000

start_memcached() { serve "$work/bin/memcached" -l 127.0.0.1 -p "$port" -U 0 -t 4 -u nobody; }

load() {
	start_memcached || return 1
	client "$work/bin/memcslap" --servers="127.0.0.1:$port" --concurrency=8 --execute-number=2000 --test=set > "$dir/slap" || return 1
	client "$work/bin/memcslap" --servers="127.0.0.1:$port" --concurrency=8 --execute-number=2000 --test=get >> "$dir/slap" || return 1
	cp "$work/value" "$dir/value"
	client "$work/bin/memccp" --servers="127.0.0.1:$port" "$dir/value" || return 1
	client "$work/bin/memccat" --servers="127.0.0.1:$port" value | head -c 900000 | cmp - "$work/value" && echo whole > "$dir/found"
	stop "$server_pid"
}

raw() {
	start_memcached || return 1
	{
		printf 'set a 0 0 900000\r\n'; cat "$work/value"; printf '\r\nget a\r\nincr b 1\r\nset b 0 0 1\r\n7\r\nincr b 5\r\nquit\r\n'
	} | peer_client > "$dir/found"
	stop "$server_pid"
	[ "$(wc -c < "$dir/found")" -gt 900000 ]
}

the_agent agent --ttl 5m
both "memcached under memcslap's load" load memcached memcslap memccp memccat
with_openssl "memcached and a plain stream of commands" raw memcached nc
plan
