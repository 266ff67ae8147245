#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: vsftpd curl
# package: vsftpd curl
# roles: server, client
# done: 5 MB each way and a listing, passive and active, with its sandbox (seccomp, chroot, two processes that pass sockets); the greeting
# limits: none known
. "$(dirname "$0")/../scene.sh"

program vsftpd
program curl
program nc
random blob 5000000

start() {
	mkdir -p "$dir/root/in"
	cp "$work/blob" "$dir/root/blob"
	chmod 755 "$dir/root"
	chmod 777 "$dir/root/in"
	cat > "$dir/vsftpd.conf" <<- CONF
		listen=YES
		listen_address=127.0.0.1
		listen_port=$port
		background=NO
		anonymous_enable=YES
		local_enable=NO
		write_enable=YES
		anon_upload_enable=YES
		anon_root=$dir/root
		anon_umask=022
		no_anon_password=YES
		pasv_address=127.0.0.1
		pasv_min_port=$passive
		pasv_max_port=$passive
		connect_from_port_20=NO
		secure_chroot_dir=$dir/root
		vsftpd_log_file=$dir/vsftpd.log
	CONF
	serve "$work/bin/vsftpd" "$dir/vsftpd.conf"
}

ftp_to() { client "$work/bin/curl" -sS --max-time 30 "$@"; }

transfers() {
	local way way_words
	start || return 1
	for way in passive active; do
		way_words=()
		[ $way = passive ] || way_words=(--ftp-port "127.0.0.1:$active")
		ftp_to "${way_words[@]}" "ftp://127.0.0.1:$port/blob" | sha256sum
		ftp_to "${way_words[@]}" -T "$work/blob" "ftp://127.0.0.1:$port/in/$way" && cmp "$work/blob" "$dir/root/in/$way" && echo "sent, $way"
		ftp_to "${way_words[@]}" -l "ftp://127.0.0.1:$port/in/"
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
free_port passive
free_port active
more_rules="\
  - { name: data-in, accept: \"*:$passive\", peers: [$ID/curl] }
  - { name: data-out, connect: \"127.0.0.1:$passive\", peers: [$ID/vsftpd] }
  - { name: active-in, accept: \"*:$active\", peers: [$ID/vsftpd] }
  - { name: active-out, connect: \"127.0.0.1:$active\", peers: [$ID/curl] }"
both "FTP transfers" transfers vsftpd curl
with_openssl "vsftpd's greeting" greeting vsftpd nc
plan
