#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: systemd-socket-activate python3
# package: systemd python3
# roles: server
# done: a service that is started with its listener, or with each connection, as descriptor 3 (LISTEN_FDS, as systemd passes it), 300 kB
# limits: none known
. "$(dirname "$0")/../scene.sh"

program systemd-socket-activate
keep_path=1 program python3 "$PYTHON"
program nc
random blob 300000
cat > "$work/service.py" << 'PYTHON'
import os, socket, sys
assert os.environ["LISTEN_FDS"] == "1" and int(os.environ["LISTEN_PID"]) == os.getpid()
passed = socket.socket(fileno=3)
while True:
    conn = passed if sys.argv[1] == "connection" else passed.accept()[0]
    got = b"".join(iter(lambda: conn.recv(65536), b""))
    conn.sendall(b"%d bytes: " % len(got) + got)
    conn.close()
    if sys.argv[1] == "connection":
        break
PYTHON

# Whoever passes the socket is not under svidwrap, the service is.
echo_of() {
	local words=("${on_server[@]}") each=()
	[ "$1" = listener ] || each=(--accept)
	on_server=()
	serve "$work/bin/systemd-socket-activate" "${each[@]}" -l "127.0.0.1:$port" "${words[@]}" "$work/bin/python3" "$work/service.py" "$1" || return 1
	head -c 300000 "$work/blob" | peer > "$dir/found"
	stop "$server_pid"
	[ "$(head -c 14 "$dir/found")" = "300000 bytes: " ] && tail -c +15 "$dir/found" | cmp - "$work/blob"
}
# nc ends its half as a client of an echo must; s_client cannot.
peer() { client "$work/bin/nc" -N 127.0.0.1 "$port"; }
as_listener() { echo_of listener; }
as_connection() { echo_of connection; }

the_agent agent --ttl 5m
both "a service with its listener as descriptor 3" as_listener python3 nc
both "a service with its connection as descriptor 3" as_connection python3 nc
plan
