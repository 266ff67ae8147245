#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Debian's programs, unchanged, doing real work: first bare, then under mutual TLS on both sides; what comes back must be
# the same, byte for byte. Then an SVID that is replaced under a connection that lives on.
. "$(dirname "$0")/../support/lab.sh"

lines() { printf '%s\n' "$@"; }
ID=spiffe://corp.local
mkdir -p "$work/bin"
random() { head -c "$2" /dev/urandom > "$work/$1"; }
random small 1000
random middle 100000
random large 3000000
have_svidwrap || no_svidwrap="svidwrap is not built"
benchmark_n=${DAEMONS_REQUESTS:-200000}

for p in redis-server redis-cli redis-benchmark nc curl python3; do
	case $p in
	redis-*) cp "$(readlink -f "$(command -v $p)")" "$work/bin/$p" ;; # Debian's redis-server is a link to another name
	python3) ln -s "$PYTHON" "$work/bin/$p" ;;
	*) ln -s "$(command -v $p)" "$work/bin/$p" ;;
	esac || { ok 1 "$p is there (make deps)"; plan; }
done

# the_agent NAME OPTION...: an ID for each program, by its real path
the_agent() {
	local name=$1 p entries=()
	shift
	for p in "$work"/bin/*; do
		entries+=(--entry "$ID/${p##*/}=unix:path:$(readlink -f "$p")")
	done
	agent "$name" "${entries[@]}" "$@"
}

# setting MODE NAME SERVER CLIENT...: $dir, $port, and the words before a server and a client in $on_server, $on_client
setting() {
	local mode=$1 server=$3 peers p
	dir="$work/$2-$mode" what=$2-$mode
	mkdir -p "$dir"
	free_port port
	on_server=() on_client=()
	[ "$mode" = mtls ] || return 0
	shift 3
	for p; do peers="${peers:+$peers, }$ID/$p"; done
	policy "$dir/policy" <<- RULES
		rules:
		  - name: in
		    accept: "*:$port"
		    peers: [$peers]
		  - name: out
		    connect: "127.0.0.1:$port"
		    peers: [$ID/$server]
	RULES
	on_server=("$BUILD/svidwrap" run --policy "$dir/policy" --log "$dir/server.log" --)
	on_client=("$BUILD/svidwrap" run --policy "$dir/policy" --log "$dir/client.log" --)
}

# client COMMAND...: with a bound on time and on what it may say on standard error
client() {
	timeout -k 2 60 "${on_client[@]}" "$@" 2> >(bounded "$dir/client.err")
}

serve() { # COMMAND...
	spawn "$what/server" "${on_server[@]}" "$@"
	server_pid=$spawned
	await_port "$port" "$server_pid"
}

handshakes_on_both_sides() {
	local s c
	s=$(logged "$dir/server.log" event=handshake_ok)
	c=$(logged "$dir/client.log" event=handshake_ok)
	[ "$s" -gt 0 ] && [ "$c" -gt 0 ]
}

# verdict STATUS NAME
verdict() {
	[ "$1" -eq 0 ] || { echo "# $2"; show "$dir"/*.err "$dir"/*.log; } >&2
	ok "$1" "$2"
}

# both NAME FUNCTION SERVER CLIENT...: bare and under mutual TLS; each leaves its findings in $dir/found
both() {
	local name=$1 work_of=$2 status
	shift 2
	setting bare "$work_of" "$@"
	local bare=$dir
	"$work_of"
	verdict $? "$name (bare)"
	[ -z "${no_svidwrap:-}" ] || { skip "$name (mTLS)" "$no_svidwrap"; return; }
	setting mtls "$work_of" "$@"
	"$work_of"
	status=$?
	cmp "$bare/found" "$dir/found" >&2 || status=1
	handshakes_on_both_sides || { echo "# no handshake_ok on both sides" >&2; status=1; }
	verdict $status "$name (mTLS, the same)"
}

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

http() {
	local f url="http://127.0.0.1:$port"
	mkdir -p "$dir/www"
	cp "$work/small" "$work/middle" "$work/large" "$dir/www"
	: > "$dir/www/empty"
	serve "$work/bin/python3" -m http.server --bind 127.0.0.1 --directory "$dir/www" "$port" || return 1
	for f in empty small middle large; do
		client "$work/bin/curl" -sS -o "$dir/got-$f" -w '%{http_code} %{size_download}\n' "$url/$f"
		cmp "$dir/got-$f" "$dir/www/$f" && echo "$f is whole"
	done > "$dir/found"
	client "$work/bin/curl" -sS -I "$url/large" | grep -i '^content-length' >> "$dir/found"
	client "$work/bin/curl" -sS -r 1000-1999 "$url/nothing-here" -o /dev/null -w '%{http_code}\n' >> "$dir/found"
	client "$work/bin/curl" -sS -Z --parallel-max 10 "$url/middle?[1-30]" -o "$dir/many-#1" 2> /dev/null
	cat "$dir"/many-* | sha256sum >> "$dir/found"
	stop "$server_pid"
	[ "$(grep -c 'is whole' "$dir/found")" -eq 4 ] && [ "$(cat "$dir"/many-* | wc -c)" -eq 3000000 ]
}

# nc ends as soon as its peer has, so the side with more to say ends first.
netcat() {
	spawn_in="$work/large" spawn "$what/got-by-server" timeout -k 2 60 "${on_server[@]}" "$work/bin/nc" -N -l 127.0.0.1 "$port"
	server_pid=$spawned
	await_port "$port" "$server_pid" || return 1
	client "$work/bin/nc" 127.0.0.1 "$port" < "$work/middle" > "$dir/got-by-client"
	finish 10 "$server_pid"
	cmp "$dir/got-by-server.out" "$work/middle" && cmp "$dir/got-by-client" "$work/large" && echo both > "$dir/found"
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

[ -n "${no_svidwrap:-}" ] || the_agent agent --ttl 5m || { ok 1 "the lab agent starts"; plan; }
both "redis-server and redis-cli" redis redis-server redis-cli
both "redis-server with threads" redis_threads redis-server redis-benchmark
both "redis-benchmark, 50 connections, $benchmark_n requests" redis_benchmark redis-server redis-benchmark redis-cli
both "python3 -m http.server and curl" http python3 curl
both "nc and nc, both ways at once" netcat nc nc
if [ -n "${no_svidwrap:-}" ]; then skip "rotation" "$no_svidwrap"; else rotation; fi
plan
