#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What else may live in a program, or look at it: allocators, other preloads, other TLS libraries, plugins, tracers. Each
# with a 3 MB download over a managed connection, which must be what it is without svidwrap.
. "$(dirname "$0")/../daemons/scene.sh"

random large 3000000
keep_path=1 program python3 "$PYTHON"
for p in curl wget; do program $p; done
lib=/usr/lib/x86_64-linux-gnu
tool() { command -v "$1" > /dev/null || { skip "with $1" "$1 is not installed"; return 1; }; }

start_http() {
	mkdir -p "$dir/www" && cp "$work/large" "$dir/www"
	serve env "${around_server[@]}" "$work/bin/python3" -m http.server --bind 127.0.0.1 --directory "$dir/www" "$port"
}

# The words in around_client and around_server come before the program's own, under svidwrap; $before is preloaded before
# the shim.
around_client=() around_server=() before=
download() {
	if [ -n "$before" ]; then
		[ "$mode" = bare ] || set -- ":$BUILD/libsvidwrap.so"
		around_client[0]="LD_PRELOAD=$before${1:-}" around_server[0]="LD_PRELOAD=$before${1:-}"
	fi
	start_http || return 1
	client env "${around_client[@]}" "$work/bin/curl" -sS "http://127.0.0.1:$port/large" | sha256sum > "$dir/found"
	stop "$server_pid"
	[ "$(cat "$dir/found")" = "$(sha256sum < "$work/large")" ]
}
# The same before svidwrap's own words.
outside=()
download_outside() {
	local server=("${on_server[@]}")
	on_client=("${outside[@]}" "${on_client[@]}") on_server=("${outside[@]}" "${server[@]}")
	download
}

preloads() {
	local name path
	lines "AllowOutboundLocalhost 1" "AllowInbound 1" > "$work/torsocks.conf" # or it carries no loopback
	export TORSOCKS_CONF_FILE=$work/torsocks.conf
	while read -r name path; do
		[ -e "$path" ] || { skip "with $name preloaded" "$name is not installed"; continue; }
		before=$path
		both "$name preloaded before the shim" download python3 curl
		around_client=() around_server=() before=
		outside=(env "LD_PRELOAD=$path")
		both "$name preloaded behind the shim" download_outside python3 curl
		outside=()
	done <<- LIST
		jemalloc $lib/libjemalloc.so.2
		tcmalloc $lib/libtcmalloc_minimal.so.4
		eatmydata $lib/libeatmydata.so
		stdbuf /usr/libexec/coreutils/libstdbuf.so
		torsocks $lib/torsocks/libtorsocks.so
	LIST
}

# The clock that a second preload shows is the one by which certificates are judged.
clock() {
	local moved status
	[ -e "$lib/faketime/libfaketime.so.1" ] || { skip "with faketime" "faketime is not installed"; return; }
	before=$lib/faketime/libfaketime.so.1
	around_client=("" FAKETIME=+30s)
	both "half a minute ahead by faketime" download python3 curl
	setting mtls late python3 curl
	around_client[1]=FAKETIME=+2d around_server=() before=
	start_http
	client env "${around_client[@]}" "$work/bin/curl" -sS "http://127.0.0.1:$port/large" > "$dir/got"
	[ $? -ne 0 ] && [ ! -s "$dir/got" ] && [ "$(logged "$dir/client.log" event=handshake_ok)" -eq 0 ]
	verdict $? "two days ahead by faketime nobody is trusted (mtls)"
	stop "$server_pid"
	around_client=()
}

# Another TLS library in the program, at work at the same time, on a socket that the policy leaves alone.
own_tls() {
	start_http || return 1
	(cd "$dir/www" && exec openssl s_server -quiet -WWW -accept "127.0.0.1:$tls_port" -cert "$work/certs/svid.pem" \
		-key "$work/certs/key.pem" -tls1_3) < /dev/null > "$dir/tls.out" 2> "$dir/tls.err" &
	local tls=$!
	lab_pids+=($tls)
	await_port "$tls_port" $tls || return 1
	"own_tls_$own" | sha256sum > "$dir/found"
	stop "$server_pid" $tls
}
own_tls_curl() { client "$work/bin/curl" -sSk "http://127.0.0.1:$port/large" "https://127.0.0.1:$tls_port/large"; }
own_tls_wget() { client "$work/bin/wget" -q --no-check-certificate -O - "http://127.0.0.1:$port/large" "https://127.0.0.1:$tls_port/large"; }
own_tls_python3() {
	client "$work/bin/python3" -c '
import ssl, sys, urllib.request
ctx = ssl._create_unverified_context()
for url in sys.argv[1:]:
    sys.stdout.buffer.write(urllib.request.urlopen(url, context=ctx if url[4] == "s" else None).read())
' "http://127.0.0.1:$port/large" "https://127.0.0.1:$tls_port/large"
}

# Whoever looks at the program from outside while bytes flow.
tracers() {
	local t
	tool strace && outside=(strace -f -o "$work/strace") && both "under strace" download_outside python3 curl
	outside=()
	tool perf && outside=(perf record -q -e cpu-clock -o "$work/perf") && both "under perf" download_outside python3 curl
	outside=()
	tool valgrind && around_client=(valgrind -q --error-exitcode=9 --trace-children=yes) &&
		client_seconds=60 rule_timeout=30s both "the client under valgrind" download python3 curl
	around_client=()
	tool gdb && around_client=(gdb -q -batch -nx -ex 'set startup-with-shell off' -ex 'set logging file /dev/null'
		-ex 'set breakpoint pending on' -ex 'set confirm off' -ex 'catch syscall sendto' -ex run -ex detach --args) &&
		debugged
	around_client=()
}
# gdb writes among the program's output: only that it goes on behind a breakpoint is looked at.
debugged() {
	setting mtls debugged python3 curl
	start_http
	client env "${around_client[@]}" "$work/bin/curl" -sS -o "$dir/got" "http://127.0.0.1:$port/large" > "$dir/gdb.out" 2>&1
	until_true 5 cmp -s "$dir/got" "$work/large"
	verdict $? "stopped and let go by gdb (mtls)"
	stop "$server_pid"
}

plugins() {
	local how
	gcc -shared -fPIC -o "$work/bin/plugin.so" tests/neighbours/plugin.c &&
		gcc -o "$work/bin/host" tests/neighbours/host.c || { ok 1 "the plugin compiles"; return; }
	for how in plain deep; do
		both "a plugin loaded $how connects" plugin_$how echo host
	done
	setting mtls space echo host
	client "$work/bin/host" "$port" "$work/bin/plugin.so" space > "$dir/said"
	[ $? -eq 3 ] && grep -q 'past the policy' "$dir/said" && [ "$(logged "$dir/client.log" event=call_refused)" -gt 0 ]
	verdict $? "a plugin in a namespace of its own is refused (mtls)"
}
plugin_plain() { plugin_talks plain; }
plugin_deep() { plugin_talks deep; }
plugin_talks() {
	serve "$work/bin/echo" server "$port" || return 1
	client "$work/bin/host" "$port" "$work/bin/plugin.so" "$1" > "$dir/found"
	stop "$server_pid"
	grep -q '^16 bytes' "$dir/found"
}

# C++'s own file objects, which read and write past stdio.
streams() {
	g++ -O1 -o "$work/bin/streams" tests/neighbours/streams.cc || { ok 1 "the C++ program compiles"; return; }
	both "C++ streams on a socket" streams_download python3 streams
}
streams_download() {
	start_http || return 1
	client "$work/bin/streams" "$port" | sha256sum > "$dir/found"
	stop "$server_pid"
	[ "$(cat "$dir/found")" = "$(sha256sum < "$work/large")" ]
}

free_port tls_port
more_rules="  - name: tls-of-its-own
    connect: \"127.0.0.1:$tls_port\"
    mode: bypass"
cp "$BUILD/shim-tests/tool_echo" "$work/bin/echo" 
for p in host streams; do : > "$work/bin/$p" && chmod 755 "$work/bin/$p"; done
entries+=(--entry "$ID/echo=unix:path:$work/bin/echo" --entry "$ID/host=unix:path:$work/bin/host"
	--entry "$ID/streams=unix:path:$work/bin/streams")
# What runs a program under valgrind is valgrind's own.
vg=$(ls /usr/libexec/valgrind/memcheck-*-linux /usr/lib/x86_64-linux-gnu/valgrind/memcheck-*-linux 2> /dev/null | grep -v x86-linux | head -1)
[ -z "$vg" ] || entries+=(--entry "$ID/curl=unix:path:$vg")
the_agent agent --ttl 5m
preloads
clock
for own in curl wget python3; do both "$own with TLS of its own beside" own_tls python3 $own; done
plugins
tool g++ && streams
tracers
plan
