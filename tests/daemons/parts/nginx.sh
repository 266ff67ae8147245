#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: nginx curl ab
# package: nginx-light curl apache2-utils
# roles: server, client
# done: sendfile of files to 10 MB, a reverse proxy with svidwrap on both of its sides, uploads through it, ab with and without keep-alive, reload and binary upgrade under load
# limits: none known
. "$(dirname "$0")/../scene.sh"

random small 1000
random large 10000000
program nginx /usr/sbin/nginx
for p in curl ab nc; do program $p; done

# configuration LOCATION...: a front with the files and a way to the back, which is on $port + 1
configure() {
	mkdir -p "$dir/www" "$dir/tmp" && cp "$work/small" "$work/large" "$dir/www" && chmod -R a+rX "$dir/www" && chmod 777 "$dir/tmp"
	: > "$dir/error.log"
	cat > "$dir/nginx.conf" <<- CONF
		worker_processes 2;
		daemon off;
		pid $dir/nginx.pid;
		error_log $dir/error.log warn;
		events { worker_connections 512; }
		http {
			access_log off;
			sendfile on;
			tcp_nopush on;
			client_max_body_size 20m;
			client_body_temp_path $dir/tmp/body;
			proxy_temp_path $dir/tmp/proxy;
			fastcgi_temp_path $dir/tmp/f;
			uwsgi_temp_path $dir/tmp/u;
			scgi_temp_path $dir/tmp/s;
			upstream back { server 127.0.0.1:$back_port; keepalive 8; }
			server {
				listen 127.0.0.1:$port;
				root $dir/www;
				location /through/ { proxy_pass http://back/; proxy_http_version 1.1; proxy_set_header Connection ""; }
			}
			server {
				listen 127.0.0.1:$back_port;
				root $dir/www;
				location /upload { return 200 "\$request_length\n"; }
				location /echo { client_body_buffer_size 16m; proxy_pass http://127.0.0.1:$back_port/upload; }
			}
		}
	CONF
}

start_nginx() {
	configure
	serve "$work/bin/nginx" -e "$dir/error.log" -c "$dir/nginx.conf" -p "$dir"
}
get() { client "$work/bin/curl" -sS "http://127.0.0.1:$port/$1"; }

nginx() {
	start_nginx || return 1
	{
		for f in small large; do
			get $f | cmp - "$work/$f" && echo "$f is whole"
			get "through/$f" | cmp - "$work/$f" && echo "$f through the proxy is whole"
		done
		client "$work/bin/curl" -sS --data-binary "@$work/large" "http://127.0.0.1:$port/through/upload" | wc -l
		client "$work/bin/curl" -sS -r 1000000-1999999 "http://127.0.0.1:$port/large" | sha256sum
		client "$work/bin/curl" -sS -r 1000000-1999999 "http://127.0.0.1:$port/through/large" | sha256sum
		client "$work/bin/curl" -sS -Z --parallel-max 10 "http://127.0.0.1:$port/through/small?[1-50]" 2> /dev/null | wc -c
		get nothing | grep -o '404 Not Found' | head -1
	} > "$dir/found" 2>&1
	stop "$server_pid"
	grep -E 'alert|crit|emerg' "$dir/error.log" >&2 && return 1
	[ "$(grep -c 'is whole' "$dir/found")" -eq 4 ]
}

# ab OPTION... URL_PATH: none may fail
load() {
	client "$work/bin/ab" -q -c 20 "${@:1:$#-1}" "http://127.0.0.1:$port/${!#}" > "$dir/ab" 2>&1 || return 1
	grep '^Failed' "$dir/ab"
	sed -n "s,^Requests per,# $what ${*}: &,p" "$dir/ab" >&2
	grep -q 'Failed requests: *0$' "$dir/ab"
}

# A connection for each request: of a reload they must not notice anything.
under_load() {
	local status=0 i
	start_nginx || return 1
	load -k -n 20000 through/small > "$dir/found" || status=1
	load -t 2 -n 1000000 small >> "$dir/found" &
	local load=$!
	for i in 1 2 3; do
		sleep 0.5
		kill -HUP "$(cat "$dir/nginx.pid")"
		get through/large | cmp - "$work/large" || status=1
	done
	wait $load || status=1
	stop "$server_pid"
	return $status
}

# The old master executes the new one, which has the listeners from it (nginx's manual, "Upgrading Executable on the Fly").
# Only a daemon does that, and so nothing here is its parent.
upgrade() {
	local status=0 old new turn
	configure
	sed -i 's/daemon off/daemon on/' "$dir/nginx.conf"
	timeout 10 "${on_server[@]}" "$work/bin/nginx" -e "$dir/error.log" -c "$dir/nginx.conf" -p "$dir" > "$dir/server.err" 2>&1 || return 1
	until_true 5 test -s "$dir/nginx.pid" || return 1
	load -t 4 -n 1000000 small > "$dir/found" &
	local load=$!
	for turn in 1 2; do
		old=$(cat "$dir/nginx.pid")
		kill -USR2 "$old"
		until_true 5 test -s "$dir/nginx.pid.oldbin" && until_true 5 test -s "$dir/nginx.pid" || status=1
		new=$(cat "$dir/nginx.pid")
		get through/large | cmp - "$work/large" || status=1
		kill -WINCH "$old"
		kill -QUIT "$old"
		until_true 5 test ! -e "$dir/nginx.pid.oldbin" || status=1
		[ "$new" != "$old" ] && get large | cmp - "$work/large" && echo "upgraded" >> "$dir/upgrades" || status=1
	done
	wait $load || status=1
	cat "$dir/upgrades" >> "$dir/found"
	kill -QUIT "$new"
	until_true 10 test ! -e "$dir/nginx.pid" || { status=1; kill -KILL "-$new" "$new"; }
	return $status
}

raw() {
	start_nginx || return 1
	{
		printf 'GET /large HTTP/1.1\r\nHost: x\r\n\r\n'
		printf 'GET /through/large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
	} | peer_client | grep -av '^\(Date\|ETag\|Last-Modified\):' | tee "$dir/raw" | sha256sum > "$dir/found"
	stop "$server_pid"
}

free_port back_port
more_rules="  - name: back-in
    accept: \"*:$back_port\"
    peers: [$ID/nginx]
  - name: back-out
    connect: \"127.0.0.1:$back_port\"
    peers: [$ID/nginx]"
the_agent agent --ttl 5m
both "nginx serves files and proxies to itself" nginx nginx curl
both "nginx under load, reloaded three times" under_load nginx ab curl
both "nginx upgraded twice under load" upgrade nginx ab curl
with_openssl "nginx and two requests on one connection" raw nginx nc
plan
