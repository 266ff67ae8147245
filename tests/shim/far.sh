# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A blocking connect is only let go on before the handshake where this very process may be the one that serves it: not
# to another host that listens on the same port. Two hosts are two network namespaces. Sourced by run.sh.

# far_hosts: 10.199.0.1 with process $near, 10.199.0.2 with process $far
far_hosts() {
	local pid
	spawn far/near unshare -n sleep 600 && near=$spawned
	spawn far/far unshare -n sleep 600 && far=$spawned
	for pid in $near $far; do until_true 5 in_own_network "$pid" || return 1; done
	nsenter -t $near -n ip link add there type veth peer name here netns $far &&
		nsenter -t $near -n ip address add 10.199.0.1/24 dev there && nsenter -t $near -n ip link set there up &&
		nsenter -t $far -n ip address add 10.199.0.2/24 dev here && nsenter -t $far -n ip link set here up &&
		nsenter -t $near -n ip link set lo up
}
in_own_network() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

far_main() {
	local answer name="a blocking connect to another host's same port waits for the handshake"
	mkdir -p "$work/far" && cp -L "$PYTHON" "$work/far/python3"
	agent far-agent --ttl 5m --entry "$S=unix:path:$work/far/python3"
	far_hosts > "$work/far/hosts" 2>&1 || { skip "$name" "no network namespaces"; return; }
	policy "$work/far/policy" <<- RULES
		rules:
		  - { name: in, accept: "*:7000", peers: ["$S"] }
		  - { name: out, connect: "10.199.0.0/24:7000", peers: ["$S"], timeout: 1s }
	RULES
	spawn far/silent nsenter -t $far -n "$PYTHON" -c '
import socket, time
s = socket.create_server(("10.199.0.2", 7000))
print(flush=True)
time.sleep(600)'
	until_true 5 test -s "$work/far/silent.out"
	answer=$(nsenter -t $near -n timeout 20 "$BUILD/svidwrap" run --policy "$work/far/policy" --log "$work/far/log" -- \
		"$work/far/python3" -c '
import errno, socket
s = socket.create_server(("0.0.0.0", 7000))
for host in "10.199.0.1", "10.199.0.2":
    try:
        socket.create_connection((host, 7000)).close()
        print("connected")
    except OSError as e:
        print(errno.errorcode[e.errno])' 2> "$work/far/err" | tr '\n' ' ')
	[ "$answer" = "connected ETIMEDOUT " ]
	ok $? "$name"
	[ "$answer" = "connected ETIMEDOUT " ] || { echo "# $answer" >&2; show "$work/far/err" "$work/far/log"; }
	stop $near $far
}
far_main
