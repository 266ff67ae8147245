#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: python3 (http.server) curl
# package: python3 curl
# roles: server, client
# done: files from nothing to 3 MB, ranges, 30 downloads ten at a time; OpenSSL's client and server on the other side
# limits: none known
. "$(dirname "$0")/../scene.sh"

random small 1000
random middle 100000
random large 3000000
keep_path=1 program python3 "$PYTHON"
program curl
program nc

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

raw() {
	mkdir -p "$dir/www" && cp "$work/middle" "$dir/www"
	serve "$work/bin/python3" -m http.server --bind 127.0.0.1 --directory "$dir/www" "$port" || return 1
	printf 'GET /middle HTTP/1.0\r\n\r\n' | peer_client | sed '1,/^\r$/d' > "$dir/found"
	stop "$server_pid"
	cmp "$dir/found" "$work/middle"
}

curl_from_a_stranger() {
	{ printf 'HTTP/1.0 200 OK\r\nContent-Length: 100000\r\n\r\n'; cat "$work/middle"; } > "$dir/answer"
	peer_server "$dir/answer" || return 1
	client "$work/bin/curl" -sS -H 'User-Agent: x' "http://127.0.0.1:$port/any" > "$dir/found"
	until_true 5 grep -qs '^GET /any HTTP/1.1' "$dir/heard" # nc answers before it has read
	stop "$server_pid"
	grep -q '^GET /any HTTP/1.1' "$dir/heard" && cmp "$dir/found" "$work/middle"
}

the_agent agent --ttl 5m
both "python3 -m http.server and curl" http python3 curl
with_openssl "python3 -m http.server and a plain request" raw python3 nc
with_openssl "curl and a plain answer" curl_from_a_stranger nc curl
plan
