#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: redis-server redis-cli redis-benchmark
# package: redis-server redis-tools
# roles: server, client
# done: values up to 3 MB both ways, 20,000 piped commands, scripts, BGSAVE with open connections, I/O threads, redis-benchmark with 50 connections, a replica that follows through a rewrite of the AOF under load and a restart, an SVID replaced every few seconds under a held connection
# limits: none known
. "$(dirname "$0")/../scene.sh"

random small 1000
random middle 100000
random large 3000000
benchmark_n=${DAEMONS_REQUESTS:-200000}
for p in redis-server redis-cli redis-benchmark nc; do program $p; done

cli() { client "$work/bin/redis-cli" -h 127.0.0.1 -p "$port" "$@"; }
start_redis() {
	serve "$work/bin/redis-server" --bind 127.0.0.1 --port "$port" --save '' --appendonly no --dir "$dir" \
		--loglevel warning --io-threads "${1:-1}"
}

redis() {
	local i
	start_redis || return 1
	{
		cli PING
		for i in small middle large; do
			cli -x SET "$i" < "$work/$i"
			cli --no-raw STRLEN "$i"
			cli --raw GET "$i" | head -c -1 | cmp - "$work/$i" && echo "$i came back"
		done
		for i in {1..20000}; do echo "SET key:$i value-$i-$((i * i))"; done | cli --pipe | tail -1
		cli --raw EVAL 'local t = {} for i = 1, 20000 do t[i] = redis.call("GET", "key:" .. i) end return redis.sha1hex(table.concat(t))' 0
		for i in {1..2000}; do echo "INCR counter"; done | cli | tail -1
		cli BGSAVE
		until_true 10 redis_saved
		lines 'MULTI' 'INCR counter' 'GET key:7' 'EXEC' 'LRANGE nothing 0 -1' 'WRONG' | cli
	} > "$dir/found" 2>&1
	stop "$server_pid"
	[ "$(grep -c 'came back' "$dir/found")" -eq 3 ] && grep -q 'errors: 0, replies: 20000' "$dir/found"
}
# BGSAVE forks with the connections open.
redis_saved() { cli INFO persistence | grep -q 'rdb_bgsave_in_progress:0'; }

redis_threads() {
	start_redis 3 || return 1
	client "$work/bin/redis-benchmark" -h 127.0.0.1 -p "$port" -q -c 50 -n 20000 -P 16 -d 2000 -t set,get --csv |
		cut -d, -f1 > "$dir/found"
	[ "${PIPESTATUS[0]}" -eq 0 ] && [ "$(grep -c '[SG]ET' "$dir/found")" -eq 2 ]
	local status=$?
	stop "$server_pid"
	return $status
}

redis_benchmark() {
	local status=0 args
	start_redis || return 1
	: > "$dir/found"
	for args in "-n $benchmark_n" "-n $benchmark_n -P 16" "-n 3000 -d 65536"; do
		# shellcheck disable=SC2086
		client "$work/bin/redis-benchmark" -h 127.0.0.1 -p "$port" -c 50 -t set,get --csv $args > "$dir/out" || status=1
		cut -d, -f1 "$dir/out" >> "$dir/found"
		sed "s/^/# $what $args: /" "$dir/out" | cut -d, -f1,2 | grep ET >&2
		[ "$(grep -c '[SG]ET' "$dir/out")" -eq 2 ] || status=1
		grep -iE 'error|reset|refused' "$dir/client.err" >&2 && status=1
	done
	cli DBSIZE >> "$dir/found"
	stop "$server_pid"
	return $status
}

# The replica is a client of the first, and a server.
first() {
	serve "$work/bin/redis-server" --bind 127.0.0.1 --port "$port" --save '' --appendonly yes --dir "$dir" \
		--enable-debug-command local --loglevel notice
}
second() {
	mkdir -p "$dir/second"
	spawn "$what/second" "${on_server[@]}" "$work/bin/redis-server" --bind 127.0.0.1 --port "$second_port" --save '' --dir "$dir/second" \
		--enable-debug-command local --replicaof 127.0.0.1 "$port" --repl-diskless-sync-delay 0
	second_pid=$spawned
	await_port "$second_port" "$second_pid" && until_true 20 follows
}
of_second() { client "$work/bin/redis-cli" -h 127.0.0.1 -p "$second_port" "$@"; }
follows() { of_second INFO replication | grep -q 'master_link_status:up'; }
rewritten() { cli INFO persistence | tr -d '\r' | grep -qx 'aof_rewrite_in_progress:0'; }
same_data() { [ "$(cli WAIT 1 10000)" = 1 ] && [ "$(cli DEBUG DIGEST)" = "$(of_second DEBUG DIGEST)" ]; }

replica() {
	local status=0 load i
	first || return 1
	{
		for i in {1..20000}; do echo "SET key:$i value-$i-$((i * i))"; done | cli --pipe | tail -1
		cli -x SET large < "$work/large"
		second || status=1
		until_true 10 same_data && echo "the replica has the same"
		client "$work/bin/redis-benchmark" -h 127.0.0.1 -p "$port" -q -c 20 -n 60000 -r 5000 -d 300 -t set,incr,lpush > "$dir/load" 2>&1 &
		load=$!
		cli BGREWRITEAOF
		until_true 20 rewritten || status=1
		cli BGREWRITEAOF
		wait $load || status=1
		until_true 20 rewritten || status=1
		until_true 10 same_data && echo "and after the rewrites"
		of_second SET no way
	} > "$dir/found" 2>&1
	stop "$server_pid"
	{
		first || status=1
		until_true 20 follows && cli INCR counted
		until_true 10 same_data && echo "and after the restart"
		cli DBSIZE | sed 's/[0-9]*/some/'
	} >> "$dir/found" 2>&1
	stop "$second_pid" "$server_pid"
	[ "$(grep -Ec '^(the replica|and after)' "$dir/found")" -eq 3 ] && return $status
}

raw() {
	start_redis || return 1
	{
		printf 'SET greeting %s\r\nGET greeting\r\n' "$(head -c 20000 /dev/zero | tr '\0' x)"
		printf 'ECHO "line by line"\r\nINCR n\r\nQUIT\r\n'
	} | peer_client > "$dir/found"
	stop "$server_pid"
	[ "$(wc -c < "$dir/found")" -gt 20000 ]
}

# ---- an SVID of 10 seconds ----

serials() { # LOG: the own serials of its handshakes, in order
	sed -n '/"handshake_ok"/s/.*"own_serial": *"\([^"]*\)".*/\1/p' "$1"
}

rotation() {
	local i status=0 held
	the_agent short-lived --ttl 10s
	setting mtls rotation redis-server redis-cli
	start_redis || return 1
	mkfifo "$dir/input" && exec {held}<> "$dir/input"
	spawn_in="$dir/input" spawn "$what/held" "${on_client[@]}" "$work/bin/redis-cli" -h 127.0.0.1 -p "$port"
	local client_pid=$spawned
	for i in {1..13}; do
		echo "INCR held" >&"$held"
		until_true 5 grep -qsx "$i" "$dir/held.out" || { echo "# no answer after $i s" >&2; status=1; break; }
		[ $((i % 4)) -ne 0 ] || [ "$(cli PING)" = PONG ] || status=1
		sleep 1
	done
	[ "$(cli PING)" = PONG ] || status=1
	exec {held}>&-
	stop "$client_pid"
	stop "$server_pid"
	verdict $status "a connection outlives the SVID of 10 s that opened it, and new ones still open"
	# the held connection and the first short one may share a serial; 13 s later it must be another
	[ "$(serials "$dir/server.log" | sort -u | wc -l)" -ge 2 ] &&
		[ "$(serials "$dir/server.log" | head -1)" != "$(serials "$dir/server.log" | tail -1)" ]
	verdict $? "the next connections show the server's new serial"
}

free_port second_port
more_rules="  - name: second
    accept: \"*:$second_port\"
    peers: [$ID/redis-cli]
  - name: to-second
    connect: \"127.0.0.1:$second_port\"
    peers: [$ID/redis-server]"
the_agent agent --ttl 5m
both "redis-server and redis-cli" redis redis-server redis-cli
both "redis-server with threads" redis_threads redis-server redis-benchmark
both "redis-benchmark, 50 connections, $benchmark_n requests" redis_benchmark redis-server redis-benchmark redis-cli
both "a redis replica, AOF rewrites under load, a restart" replica redis-server redis-server redis-cli redis-benchmark
with_openssl "redis-server and a plain stream of commands" raw redis-server nc
rotation
plan
