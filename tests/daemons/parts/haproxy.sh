#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: haproxy curl ab
# package: haproxy curl apache2-utils python3
# roles: server, client
# done: modes tcp and http with splicing asked for, svidwrap on both of its sides, ab through it, 3 MB files, a reload (-sf) during a download, and one that takes the listener over (-x) under load
# limits: mode http: a connection that is still in its handshake at a reload is closed by the old process, as a bare one is that has sent no request yet
. "$(dirname "$0")/../scene.sh"

random small 1000
random large 3000000
program haproxy /usr/sbin/haproxy
keep_path=1 program python3 "$PYTHON"
for p in curl ab nc; do program $p; done

configure() { # MODE
	cat > "$dir/haproxy.cfg" <<- CONF
		global
			maxconn 500
			nbthread 2
			pidfile $dir/pid
			stats socket $dir/ctl mode 600 level admin expose-fd listeners
		defaults
			mode $1
			option splice-request
			option splice-response
			timeout connect 5s
			timeout client 20s
			timeout server 20s
		frontend f
			bind 127.0.0.1:$port
			default_backend b
		backend b
			server s 127.0.0.1:$back_port
	CONF
}

start() {
	mkdir -p "$dir/www" && cp "$work/small" "$work/large" "$dir/www"
	configure "$1"
	spawn "$what/back" "${on_server[@]}" "$work/bin/python3" -m http.server --bind 127.0.0.1 --directory "$dir/www" "$back_port"
	back_pid=$spawned
	await_port "$back_port" "$spawned" && serve "$work/bin/haproxy" -db -f "$dir/haproxy.cfg"
}
get() { client "$work/bin/curl" -sS "http://127.0.0.1:$port/$1"; }

through() {
	start "$1" || return 1
	{
		get large | cmp - "$work/large" && echo "large is whole"
		client "$work/bin/curl" -sS -Z --parallel-max 10 "http://127.0.0.1:$port/large?[1-10]" 2> /dev/null | wc -c
		client "$work/bin/ab" -q -c 10 -n 500 "http://127.0.0.1:$port/small" 2>&1 | grep -E '^(Complete|Failed)'
	} > "$dir/found"
	stop "$server_pid" "$back_pid"
	grep -q 'is whole' "$dir/found" && grep -q 'Failed requests: *0$' "$dir/found"
}
tcp() { through tcp; }
http() { through http; }

# The old process lets its connections end: a download that began before is whole, and so are those of the next one. (Who is
# in the old listener's queue is lost, with and without svidwrap.)
reload() {
	start http || return 1
	client "$work/bin/curl" -sS --limit-rate 2M -o "$dir/slow" "http://127.0.0.1:$port/large" &
	local slow=$! old=$server_pid
	until_true 5 test -s "$dir/slow"
	spawn "$what/next" "${on_server[@]}" "$work/bin/haproxy" -db -f "$dir/haproxy.cfg" -sf "$old"
	server_pid=$spawned
	wait $slow
	cmp "$dir/slow" "$work/large" && echo "begun before: whole" > "$dir/found"
	finish 5 "$old"
	get large | cmp - "$work/large" && echo "begun after: whole" >> "$dir/found"
	stop "$server_pid" "$back_pid"
	[ "$(grep -c whole "$dir/found")" -eq 2 ]
}

# The next process gets the listener itself from the old one, and nobody is refused. (In mode http the old one closes what
# it has accepted and had no request from yet: more of them while handshakes take their time.)
handed_over() {
	start tcp || return 1
	client "$work/bin/ab" -q -c 5 -n 4000 "http://127.0.0.1:$port/small" > "$dir/ab" 2>&1 &
	local load=$! old=$server_pid turn
	for turn in 1 2 3; do
		spawn "$what/next$turn" "${on_server[@]}" "$work/bin/haproxy" -db -f "$dir/haproxy.cfg" -x "$dir/ctl" -sf "$old"
		finish 10 "$old"
		old=$spawned
	done
	wait $load
	server_pid=$old
	grep -E '^(Complete|Failed)' "$dir/ab" > "$dir/found"
	get large | cmp - "$work/large" && echo "large is whole" >> "$dir/found"
	stop "$server_pid" "$back_pid"
	grep -q 'is whole' "$dir/found" && grep -q 'Failed requests: *0$' "$dir/found"
}

raw() {
	start http || return 1
	printf 'GET /large HTTP/1.0\r\n\r\n' | peer_client | sed '1,/^\r$/d' > "$dir/found"
	stop "$server_pid" "$back_pid"
	cmp "$dir/found" "$work/large"
}

free_port back_port
more_rules="  - name: back-in
    accept: \"*:$back_port\"
    peers: [$ID/haproxy]
  - name: back-out
    connect: \"127.0.0.1:$back_port\"
    peers: [$ID/python3]"
the_agent agent --ttl 5m
both "HAProxy, mode tcp" tcp haproxy curl ab
both "HAProxy, mode http" http haproxy curl ab
both "HAProxy reloaded during a download" reload haproxy curl ab
both "HAProxy handing its listener over, three times under load" handed_over haproxy curl ab
with_openssl "HAProxy and a plain request" raw haproxy nc
plan
