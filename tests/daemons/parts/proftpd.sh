#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: proftpd curl
# package: proftpd-core curl
# roles: server, client
# done: 5 MB each way and a listing, passive and active; its greeting; it speaks first, and changes its effective user all the time
# limits: where it locks its child in (DefaultRoot, anonymous) before the first handshake, the agent must be reachable in there
. "$(dirname "$0")/../scene.sh"

program proftpd
program curl
program nc
random blob 5000000

start() {
	mkdir -p "$dir/home/in"
	cp "$work/blob" "$dir/home/blob"
	chown -R nobody "$dir/home"
	chmod 755 "$dir/home" "$dir/home/in"
	# the password is "secret"
	echo "tester:$(openssl passwd -6 -salt salt secret):65534:65534::$dir/home:/bin/sh" > "$dir/passwd"
	chmod 600 "$dir/passwd"
	cat > "$dir/proftpd.conf" <<- CONF
		ServerType standalone
		ServerName "under test"
		DefaultAddress 127.0.0.1
		SocketBindTight on
		Port $port
		PassivePorts $passive $((passive + 18))
		PidFile $dir/pid
		ScoreboardFile none
		ScoreboardMutex $dir/mutex
		WtmpLog off
		UseIPv6 off
		User nobody
		Group nogroup
		AuthOrder mod_auth_file.c
		AuthUserFile $dir/passwd
		RequireValidShell off
		AllowOverwrite on
		TransferLog none
		SystemLog $dir/system.log
		UseReverseDNS off
	CONF
	serve "$work/bin/proftpd" -n -c "$dir/proftpd.conf"
}

ftp_to() { client "$work/bin/curl" -sS --max-time 30 -u tester:secret "$@"; }

transfers() {
	local way words
	start || return 1
	for way in passive active; do
		words=()
		[ $way = passive ] || words=(--ftp-port "127.0.0.1:$active-$((active + 18))")
		ftp_to "${words[@]}" "ftp://127.0.0.1:$port/blob" | sha256sum
		ftp_to "${words[@]}" -T "$work/blob" "ftp://127.0.0.1:$port/in/$way" && cmp "$work/blob" "$dir/home/in/$way" && echo "sent, $way"
		ftp_to "${words[@]}" -l "ftp://127.0.0.1:$port/in/" | sort
	done > "$dir/found" 2>&1
	stop "$server_pid"
	[ "$(grep -c "^$(sha256sum < "$work/blob")" "$dir/found")" = 2 ] && [ "$(grep -c ^sent "$dir/found")" = 2 ]
}

greeting() {
	start || return 1
	printf 'QUIT\r\n' | peer_client > "$dir/found"
	stop "$server_pid"
	grep -q '^220' "$dir/found" && grep -q '^221' "$dir/found"
}

the_agent agent --ttl 5m
free_ports passive
free_ports active
more_rules="\
  - { name: data-in, accept: \"*:$passive-$((passive + 18))\", peers: [$ID/curl] }
  - { name: data-out, connect: \"127.0.0.1:$passive-$((passive + 18))\", peers: [$ID/proftpd] }
  - { name: active-in, accept: \"*:$active-$((active + 18))\", peers: [$ID/proftpd] }
  - { name: active-out, connect: \"127.0.0.1:$active-$((active + 18))\", peers: [$ID/curl] }"
both "FTP transfers" transfers proftpd curl
with_openssl "ProFTPD's greeting" greeting proftpd nc
plan
