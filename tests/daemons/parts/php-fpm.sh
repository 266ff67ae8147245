#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: php-fpm8.2 cgi-fcgi
# package: php8.2-fpm libfcgi-bin netcat-openbsd
# roles: server, client
# done: FastCGI over TCP: answers of 3 MB, bodies of 1 MB, a plain stream of records
# limits: behind nginx and reloaded it was not tried
. "$(dirname "$0")/../scene.sh"

program php-fpm8.2 /usr/sbin/php-fpm8.2
for p in cgi-fcgi nc; do program $p; done
random body 1000000
cat > "$work/page.php" << 'PHP'
<?php
header_remove();
echo md5(file_get_contents('php://input')), "\n", str_repeat("a line of thirty characters...\n", (int)$_SERVER['LINES_WANTED']);
PHP
chmod 644 "$work/page.php"

start_fpm() {
	cat > "$dir/fpm.conf" <<- CONF
		[global]
		error_log = $dir/fpm.log
		daemonize = no
		[www]
		user = www-data
		group = www-data
		listen = 127.0.0.1:$port
		pm = static
		pm.max_children = 3
	CONF
	serve "$work/bin/php-fpm8.2" -n -y "$dir/fpm.conf"
}

# request LINES METHOD FILE
request() {
	client env LINES_WANTED="$1" REQUEST_METHOD="$2" CONTENT_LENGTH="$(wc -c < "$3")" CONTENT_TYPE=application/octet-stream \
		SCRIPT_FILENAME="$work/page.php" "$work/bin/cgi-fcgi" -bind -connect "127.0.0.1:$port" < "$3"
}

pages() {
	local i status=0
	start_fpm || return 1
	for i in 1 2 3; do
		request 100000 GET /dev/null || status=1
		request 1 POST "$work/body" || status=1
	done > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c "^$(md5sum < "$work/body" | cut -d' ' -f1)" "$dir/found")" -eq 3 ] || status=1
	[ "$(wc -c < "$dir/found")" -gt 9000000 ] || status=1
	return $status
}

byte() { printf "\\x$(printf %02x "$1")"; }
record() { # TYPE LENGTH
	byte 1; byte "$1"; byte 0; byte 1; byte $(($2 / 256)); byte $(($2 % 256)); byte 0; byte 0
}
parameter() { byte ${#1}; byte ${#2}; printf %s "$1$2"; }
raw() {
	start_fpm || return 1
	{ parameter SCRIPT_FILENAME "$work/page.php"; parameter REQUEST_METHOD GET; parameter LINES_WANTED 30000; } > "$dir/parameters"
	{
		record 1 8; printf '\0\1\0\0\0\0\0\0'
		record 4 "$(wc -c < "$dir/parameters")"; cat "$dir/parameters"
		record 4 0
		record 5 0
	} > "$dir/request"
	peer_client < "$dir/request" > "$dir/found"
	stop "$server_pid"
	[ "$(wc -c < "$dir/found")" -gt 900000 ]
}

the_agent agent --ttl 5m
both "PHP-FPM answers cgi-fcgi" pages php-fpm8.2 cgi-fcgi
with_openssl "PHP-FPM and a plain stream of records" raw php-fpm8.2 nc
plan
