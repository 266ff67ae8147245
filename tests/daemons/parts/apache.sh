#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: apache2 curl ab
# package: apache2-bin curl apache2-utils
# roles: server, client
# done: event and prefork, sendfile on, a reverse proxy to itself, 10 MB files, ab with and without keep-alive, graceful reload under load
# limits: none known
. "$(dirname "$0")/../scene.sh"

random small 1000
random large 10000000
program apache2 /usr/sbin/apache2
for p in curl ab nc; do program $p; done
modules=/usr/lib/apache2/modules

configure() { # MPM
	local m
	mkdir -p "$dir/www" && cp "$work/small" "$work/large" "$dir/www" && chmod -R a+rX "$dir"
	{
		for m in mpm_$1 authz_core dir proxy proxy_http; do echo "LoadModule ${m}_module $modules/mod_$m.so"; done
		cat <<- CONF
			ServerName localhost
			ServerRoot $dir
			DefaultRuntimeDir $dir
			PidFile $dir/apache.pid
			ErrorLog $dir/error.log
			User www-data
			Group www-data
			Listen 127.0.0.1:$port
			Listen 127.0.0.1:$back_port
			DocumentRoot $dir/www
			EnableSendfile On
			StartServers 2
			<VirtualHost 127.0.0.1:$port>
				DocumentRoot $dir/www
				ProxyPass /through/ http://127.0.0.1:$back_port/
			</VirtualHost>
		CONF
	} > "$dir/apache.conf"
}
get() { client "$work/bin/curl" -sS "http://127.0.0.1:$port/$1"; }
load() { client "$work/bin/ab" -q -c 10 "${@:1:$#-1}" "http://127.0.0.1:$port/${!#}" 2>&1 | grep -E '^(Failed)'; }

serves() {
	configure "$1"
	serve setsid "$work/bin/apache2" -D FOREGROUND -f "$dir/apache.conf" || return 1
	{
		get large | cmp - "$work/large" && echo "large is whole"
		get through/large | cmp - "$work/large" && echo "large is whole through the proxy"
		client "$work/bin/curl" -sS -r 5000-9999999 "http://127.0.0.1:$port/large" | sha256sum
		load -k -n 5000 small
		load -n 1000 through/small
		load -t 2 -n 100000 small &
		sleep 0.7
		kill -USR1 "$server_pid"
		sleep 0.7
		kill -USR1 "$server_pid"
		wait $!
	} > "$dir/found"
	stop "$server_pid"
	[ "$(grep -c 'is whole' "$dir/found")" -eq 2 ] && [ "$(grep -c 'Failed requests: *0$' "$dir/found")" -eq 3 ]
}
event() { serves event; }
prefork() { serves prefork; }

raw() {
	configure event
	serve setsid "$work/bin/apache2" -D FOREGROUND -f "$dir/apache.conf" || return 1
	printf 'GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n' | peer_client | sed '1,/^\r$/d' > "$dir/found"
	stop "$server_pid"
	cmp "$dir/found" "$work/large"
}

free_port back_port
more_rules="  - name: back-in
    accept: \"*:$back_port\"
    peers: [$ID/apache2]
  - name: back-out
    connect: \"127.0.0.1:$back_port\"
    peers: [$ID/apache2]"
the_agent agent --ttl 5m
both "Apache, event" event apache2 curl ab
both "Apache, prefork" prefork apache2 curl ab
with_openssl "Apache and a plain request" raw apache2 nc
plan
