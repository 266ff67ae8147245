#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: sshd ssh
# package: openssh-server openssh-client
# roles: server, client
# done: commands with 5 MB each way, sshd as a daemon that executes itself and sandboxes a child for each connection, and as inetd's service (sshd -i)
# limits: none known
. "$(dirname "$0")/../scene.sh"

program sshd
program ssh
program tcpserver
program nc
random blob 5000000
mkdir -p /run/sshd # Debian's service makes it
for k in host user; do ssh-keygen -q -t ed25519 -N '' -f "$work/$k"; done
chmod 644 "$work/user.pub"

start() {
	cat > "$dir/sshd_config" <<- CONF
		Port $port
		ListenAddress 127.0.0.1
		HostKey $work/host
		AuthorizedKeysFile $work/user.pub
		StrictModes no
		PermitRootLogin yes
		PidFile none
		UsePAM no
	CONF
	case $way in
	daemon) serve "$work/bin/sshd" -D -e -f "$dir/sshd_config" ;;
	service) # svidwrap runs the service, not the one who starts it
		local words=("${on_server[@]}")
		on_server=()
		serve "$work/bin/tcpserver" -HR -l localhost 127.0.0.1 "$port" "${words[@]}" "$work/bin/sshd" -i -E "$dir/sshd.log" -f "$dir/sshd_config" ;;
	esac
}

ssh_to() {
	client "$work/bin/ssh" -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR \
		-o IdentitiesOnly=yes -i "$work/user" -p "$port" root@127.0.0.1 "$@"
}

commands() {
	start || return 1
	{
		ssh_to "cat '$work/blob'" < /dev/null | sha256sum
		ssh_to sha256sum < "$work/blob"
		ssh_to 'read -r a; echo "got $a"; exit 7' <<< word
		echo "status $?"
	} > "$dir/found" 2>&1
	stop "$server_pid"
	grep -q "^$(sha256sum < "$work/blob")" "$dir/found" && grep -q 'status 7' "$dir/found"
}

banner() {
	start || return 1
	peer_client < <(printf 'nonsense\r\n') > "$dir/said"
	head -n 1 "$dir/said" > "$dir/found"
	stop "$server_pid"
	grep -q '^SSH-2.0' "$dir/found"
}

the_agent agent --ttl 5m
for way in daemon service; do
	both "OpenSSH's commands, sshd as $way" commands sshd ssh
	with_openssl "sshd's greeting, as $way" banner sshd nc
done
plan
