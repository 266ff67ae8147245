#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: postfix (master, smtpd, smtp) smtp-source smtp-sink
# package: libdb5.3 libicu72 libnsl2 libsasl2-2 netcat-openbsd
# unpacked: postfix
# roles: server, client
# done: the listener that master gives to smtpd, smtp-source with 10 connections at once, reload under load, 2 MB from a plain stream of commands, mail passed on to smtp-sink
# limits: its connection cache, which hands sockets to another process (SCM_RIGHTS), has to be switched off, or each message waits a second; chroot was not tried
. "$(dirname "$0")/../scene.sh"

# Debian's package conflicts with Exim's: it is unpacked, not installed.
deb=$(echo "$lab_root"/build/debs/postfix_*.deb)
[ -e "$deb" ] || skip_all "with Postfix" "its package is not there; make check-daemons fetches it"
mkdir "$work/root" && dpkg-deb -x "$deb" "$work/root" && chmod -R a+rX "$work/root"
export LD_LIBRARY_PATH="$work/root/usr/lib/postfix"
for p in master smtpd smtp; do program $p "$work/root/usr/lib/postfix/sbin/$p"; done
for p in smtp-source smtp-sink; do program $p "$work/root/usr/sbin/$p"; done
program nc
user=mail

configure() {
	local queue="$dir/queue" d
	mkdir -p "$dir/conf" "$dir/data" "$dir/mail" "$queue/pid" && chmod 755 "$dir/conf" "$queue"
	for d in active bounce corrupt defer deferred flush hold incoming private public maildrop saved trace; do
		mkdir "$queue/$d" && chown $user "$queue/$d" && chmod 711 "$queue/$d"
	done
	chown $user "$dir/data" "$dir/mail"
	: > "$dir/maillog"
	cat > "$dir/conf/main.cf" <<- CONF
		compatibility_level = 3.6
		queue_directory = $queue
		command_directory = $work/root/usr/sbin
		daemon_directory = $work/root/usr/lib/postfix/sbin
		shlib_directory = $work/root/usr/lib/postfix
		data_directory = $dir/data
		mail_owner = $user
		setgid_group = games
		import_environment = LD_LIBRARY_PATH MAIL_CONFIG
		maillog_file = $dir/maillog
		maillog_file_prefixes = $dir
		myhostname = post.test
		mydestination =
		inet_interfaces = 127.0.0.1
		inet_protocols = ipv4
		alias_maps =
		virtual_mailbox_domains = here.test
		virtual_mailbox_maps = static:box/
		virtual_mailbox_base = $dir/mail
		virtual_uid_maps = static:$(id -u $user)
		virtual_gid_maps = static:$(id -g $user)
		virtual_minimum_uid = 1
		relay_domains = there.test
		relay_transport = smtp:[127.0.0.1]:$sink_port
		smtp_tls_security_level = none
		smtp_connection_cache_on_demand = no
	CONF
	cat > "$dir/conf/master.cf" <<- CONF
		127.0.0.1:$port inet n - n - - smtpd
		cleanup unix n - n - 0 cleanup
		qmgr unix n - n 300 1 qmgr
		rewrite unix - - n - - trivial-rewrite
		bounce unix - - n - 0 bounce
		defer unix - - n - 0 bounce
		trace unix - - n - 0 bounce
		proxymap unix - - n - - proxymap
		anvil unix - - n - 1 anvil
		retry unix - - n - - error
		virtual unix - n n - - virtual
		smtp unix - - n - - smtp
		postlog unix-dgram n - n - 1 postlogd
	CONF
	chmod 644 "$dir/conf/"*
}
# In a session of its own: it ends with a signal to all of its group.
start_postfix() {
	configure
	MAIL_CONFIG="$dir/conf" serve setsid "$work/bin/master" -c "$dir/conf" -d
}
# source DOMAIN OPTION...: fails with the first connection that does
source_to() { client "$work/bin/smtp-source" -f a@sender.test -t "b@$1" "${@:2}" "127.0.0.1:$port"; }
# bodies FOLDER N: of the N messages that come there
bodies() {
	local f
	until_true 20 holds "$1" "$2" || { ls -R "$dir/queue" >&2; show "$dir/maillog"; return 1; }
	for f in "$1"/*; do sed '1,/^\r*$/d' "$f" | sha256sum; done | sort
}
holds() { [ "$(ls "$1" 2> /dev/null | wc -l)" -eq "$2" ]; }
# Done with so many. (After a reload the queue manager may come back to one only minutes later.)
removed() { [ "$(grep -c ': removed$' "$dir/maillog")" -eq "$1" ]; }
# A reload makes Postfix warn of its own sockets.
complaints() { grep -E 'error:|fatal:|panic:|Permission denied|not supported' "$dir/maillog" >&2; }

receives() {
	local status=0 load
	start_postfix || return 1
	source_to here.test -s 10 -m 100 -l 20000 || status=1
	source_to here.test -d -s 10 -m 200 -l 20000 || status=1 # more than one message on a connection
	source_to here.test -s 10 -m 300 -l 2000 &
	load=$!
	for _ in 1 2 3; do
		kill -HUP "$server_pid"
		source_to here.test -l 500000 || status=1
	done
	wait $load || status=1
	bodies "$dir/mail/box/new" 603 > "$dir/found" || status=1
	stop "$server_pid"
	complaints && status=1
	return $status
}

passes_on() {
	local status=0 sink_pid
	mkdir "$dir/sunk" && chown $user "$dir/sunk"
	start_postfix || return 1
	spawn "$what/sink" "${on_server[@]}" "$work/bin/smtp-sink" -u $user -d "$dir/sunk/letter." "127.0.0.1:$sink_port" 50
	sink_pid=$spawned
	await_port "$sink_port" "$sink_pid" || return 1
	source_to there.test -s 5 -m 40 -l 100000 || status=1
	until_true 20 removed 40 || status=1 # a letter is there before it is whole
	bodies "$dir/sunk" 40 > "$dir/found" || status=1
	stop "$server_pid" "$sink_pid"
	complaints && status=1
	return $status
}

raw() {
	local status=0
	start_postfix || return 1
	{
		printf '%s\r\n' 'EHLO sender.test' 'MAIL FROM:<a@sender.test>' 'RCPT TO:<b@here.test>' DATA 'Subject: numbers' ''
		seq 1 300000 | sed 's/$/\r/'
		printf '%s\r\n' . NONSENSE QUIT
	} > "$dir/asked"
	peer_client < "$dir/asked" | sed 's/queued as.*//' > "$dir/found"
	bodies "$dir/mail/box/new" 1 >> "$dir/found" || status=1
	stop "$server_pid"
	complaints && status=1
	return $status
}

free_port sink_port
more_rules="  - name: sink-in
    accept: \"*:$sink_port\"
    peers: [$ID/smtp]
  - name: sink-out
    connect: \"127.0.0.1:$sink_port\"
    peers: [$ID/smtp-sink]"
the_agent agent --ttl 5m
both "Postfix receives mail and is reloaded meanwhile" receives smtpd smtp-source
both "Postfix passes mail on" passes_on smtpd smtp-source
with_openssl "Postfix and a plain stream of commands" raw smtpd nc
plan
