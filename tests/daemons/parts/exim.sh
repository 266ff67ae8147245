#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: exim
# package: exim4-daemon-light
# roles: server, client
# done: mails to 3 MB from one Exim to another, which greets first and executes itself to deliver, by a queue runner, too; SMTP by hand from and to OpenSSL's tools
# limits: none known
. "$(dirname "$0")/../scene.sh"

program exim /usr/sbin/exim4 # a copy: what is set-user-ID would start without the shim for other users
chmod 755 "$work/bin/exim"
program nc
random raw 2280000 # lines of 76 and nothing else
base64 -w 76 "$work/raw" > "$work/large"
lines 'Subject: a small one' '' 'Hello.' '.' '..dots' 'and From the start:' 'From here on' > "$work/small"

# mail_server NAME: the configuration of one in $dir/NAME, whose mails go where the lines on standard input say
mail_server() {
	mkdir -p "$dir/$1/spool" "$dir/$1/log" && touch "$dir/$1/box" && chown -R Debian-exim "$dir/$1" && chmod 755 "$dir/$1"
	{
		cat <<- CONF
			exim_path = $work/bin/exim
			primary_hostname = $1.test
			spool_directory = $dir/$1/spool
			log_file_path = $dir/$1/log/%slog
			local_interfaces = 127.0.0.1
			daemon_smtp_ports = $port
			smtp_banner = ready
			smtp_enforce_sync = false
			host_lookup =
			rfc1413_query_timeout = 0s
			tls_advertise_hosts =
			acl_smtp_rcpt = accept
			keep_environment =
			add_environment =
			begin acl
			begin routers
		CONF
		cat
	} > "$dir/$1/conf"
	chmod 644 "$dir/$1/conf"
}
receiver() {
	mail_server receiver <<- CONF
		all:
		  driver = accept
		  transport = box
		begin transports
		box:
		  driver = appendfile
		  file = $dir/receiver/box
		  user = Debian-exim
		  create_directory = false
		begin retry
	CONF
}
sender() {
	mail_server sender <<- CONF
		all:
		  driver = manualroute
		  route_list = * 127.0.0.1
		  self = send
		  transport = out
		begin transports
		out:
		  driver = smtp
		  port = $port
		  allow_localhost = true
		  hosts_avoid_tls = *
		begin retry
		* * F,1h,1s
	CONF
}

start() { receiver && serve "$work/bin/exim" -C "$dir/receiver/conf" -bdf -q1h; }
send() { client "$work/bin/exim" -C "$dir/sender/conf" -f me@sender.test "$@"; }
boxed() { [ "$(grep -c '^Envelope-to\|^From me@sender' "$dir/receiver/box")" -ge "$1" ]; }

mails() {
	local i
	sender && start || return 1
	send -odf -oi you@receiver.test < "$work/small" || return 1
	{ lines 'Subject: a large one' ''; cat "$work/large"; } | send -odf -oi you@receiver.test
	# Into the queue, and then all of it by one process.
	for i in 1 2 3 4 5; do lines "Subject: $i" '' "queued $i" | send -odq -oi you@receiver.test; done
	send -qf
	until_true 10 boxed 7
	stop "$server_pid"
	grep -c '^From me@sender' "$dir/receiver/box" > "$dir/found"
	sed -n '/^Subject: a large/,/^From me@/p' "$dir/receiver/box" | grep -xE '[A-Za-z0-9+/=]{76}' | sha256sum >> "$dir/found"
	sed -n '/^Subject: a small/,/^From me@/p' "$dir/receiver/box" | sed -n '/^Hello/,/^>From here/p' >> "$dir/found"
	sed -n '/^queued/p' "$dir/receiver/box" | sort >> "$dir/found"
	[ "$(head -n 1 "$dir/found")" = 7 ] && grep -q "^$(sha256sum < "$work/large")" "$dir/found"
}

raw() {
	start || return 1
	{
		printf '%s\r\n' 'EHLO here' 'MAIL FROM:<me@sender.test>' 'RCPT TO:<you@receiver.test>' DATA 'Subject: by hand' ''
		sed 's/$/\r/' "$work/large"
		printf '%s\r\n' . NOOP QUIT
	} | peer_client | sed 's/id=.*/id=/' > "$dir/found"
	until_true 10 boxed 1
	stop "$server_pid"
	sed '1,/^Subject: by hand/d' "$dir/receiver/box" | grep -xE '[A-Za-z0-9+/=]{76}' | sha256sum >> "$dir/found"
	grep -q "^$(sha256sum < "$work/large")" "$dir/found"
}

# All answers at once, and then not the end: s_server would not listen any more.
to_a_stranger() {
	local held
	sender
	mkfifo "$dir/answers" && exec {held}<> "$dir/answers"
	printf '%s\r\n' '220 ready' '250 here' '250 from' '250 to' '354 go on' '250 taken' '221 bye' >&"$held"
	peer_server "$dir/answers" || return 1
	{ lines 'Subject: a large one' ''; cat "$work/large"; } | send -odf -oi you@receiver.test
	finish 10 "$server_pid"
	exec {held}>&-
	grep -aE '^(MAIL|RCPT|DATA)' "$dir/heard" > "$dir/found"
	tr -d '\r' < "$dir/heard" | sed '1,/^Subject: a large/d' | grep -xE '[A-Za-z0-9+/=]{76}' | sha256sum >> "$dir/found"
	grep -q "^$(sha256sum < "$work/large")" "$dir/found"
}

the_agent agent --ttl 5m
both "Exim to Exim" mails exim exim
with_openssl "Exim and SMTP by hand" raw exim nc
with_openssl "Exim's mail to another server" to_a_stranger nc exim
plan
