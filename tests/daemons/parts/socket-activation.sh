#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: systemd-socket-activate python3
# package: systemd python3
# roles: server
# done: a service that is started with its listener, or with each connection, as descriptor 3 (LISTEN_FDS, as systemd passes it), 400 kB each way
# limits: none known
. "$(dirname "$0")/../scene.sh"

program systemd-socket-activate
keep_path=1 program python3 "$PYTHON"
program nc
head -c 300000 /dev/urandom | base64 -w 0 > "$work/blob"
echo >> "$work/blob"
cat > "$work/service.py" << 'PYTHON'
import os, socket, sys
assert os.environ["LISTEN_FDS"] == "1" and int(os.environ["LISTEN_PID"]) == os.getpid()
passed = socket.socket(fileno=3)
while True:
    conn = passed if sys.argv[1] == "connection" else passed.accept()[0]
    got = conn.makefile("rb").readline()
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
	peer_client < "$work/blob" > "$dir/found"
	stop "$server_pid"
	[ "$(head -c 14 "$dir/found")" = "400001 bytes: " ] && tail -c +15 "$dir/found" | cmp - "$work/blob"
}
as_listener() { echo_of listener; }
as_connection() { echo_of connection; }

the_agent agent --ttl 5m
for m in both with_openssl; do
	$m "a service with its listener as descriptor 3" as_listener python3 nc
	$m "a service with its connection as descriptor 3" as_connection python3 nc
done
plan
