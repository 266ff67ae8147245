#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What one would try by hand, without Docker: SVIDs that spire-agent writes to files, openssl s_client and s_server with
# them, and on the other end an ordinary program under svidwrap that has no such files.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"
. "$lab_root/tests/spire/scene.sh"

ID=spiffe://corp.local
a_server_and_agent corp corp.local
program client "$spire/spire-agent"
program server "$spire/spire-agent"
program backend redis-server
program nc nc
program curl curl

names() { openssl x509 -in "$1" -noout -ext subjectAltName | grep -q "URI:$2\$"; }
of() { printf '%s\n' -CAfile "$work/$1/bundle.0.pem" -cert "$work/$1/svid.0.pem" -key "$work/$1/svid.0.key"; }
with_input() { # NAME COMMAND...: in the background; what it is told is written to $input_fd
	rm -f "$dir/input"
	mkfifo "$dir/input" && exec {input_fd}<> "$dir/input"
	spawn_in="$dir/input" background "$@"
}

files() {
	dir="$work/files"
	mkdir -p "$dir"
	check "spire-agent writes an SVID for a program with an entry" fetch client "$work/client"
	check "and for another" fetch server "$work/server"
	check "the certificate has the entry's SPIFFE ID" names "$work/client/svid.0.pem" "$ID/client"
	check "and verifies against the bundle beside it" \
		openssl verify -CAfile "$work/client/bundle.0.pem" "$work/client/svid.0.pem"
}

# s_client NAME BUNDLE_OF
s_client() {
	new_case "$1" "$ID/nobody" "$ID/client"
	wrapped backend "$work/bin/backend" --bind 127.0.0.1 --port "$port" --save '' --dir "$dir" && await_port "$port" "$spawned"
	with_input client openssl s_client -connect "127.0.0.1:$port" -showcerts -CAfile "$2" \
		-cert "$work/client/svid.0.pem" -key "$work/client/svid.0.key"
	echo PING >&"$input_fd"
	soon holds client.out '^+PONG'
	exec {input_fd}>&-
}

to_a_daemon() {
	s_client s-client "$work/client/bundle.0.pem"
	all "s_client with the client's files is served by redis-server under svidwrap: Verify return code: 0" \
		holds client.out '^+PONG' , holds client.out 'Verify return code: 0 (ok)' , \
		names "$dir/client.out" "$ID/backend" , \
		event backend event=handshake_ok role=server "peer_id=$ID/client" "own_id=$ID/backend"

	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=other -keyout "$work/other.key" \
		-out "$work/other.pem" 2> /dev/null
	s_client s-client-other "$work/other.pem"
	all "with another bundle the return code is not 0" \
		holds client.out 'Verify return code: ' , not holds client.out 'Verify return code: 0'
}

# s_server shows whoever asks what it knows of him.
s_server() { # NAME
	new_case "$1" "$ID/server" "$ID/nobody"
	background server openssl s_server -accept "127.0.0.1:$port" -Verify 1 -verify_return_error -www $(of server) &&
		await_port "$port" "$spawned"
}

from_a_program() {
	s_server nc
	printf 'GET / HTTP/1.0\r\n\r\n' > "$dir/request"
	spawn_in="$dir/request" wrapped client "$work/bin/nc" 127.0.0.1 "$port"
	all "nc under svidwrap gets the page of s_server -Verify 1 -verify_return_error, with nc's SPIFFE ID on it" \
		finish 20 "$spawned" , holds client.out '^HTTP/1.0 200' , holds client.out "URI:$ID/nc" , \
		holds client.out 'New, TLSv1.3' , event client event=handshake_ok role=client "peer_id=$ID/server" , \
		not event client event=connection_broken

	s_server curl
	wrapped client "$work/bin/curl" -sS --noproxy '*' "http://127.0.0.1:$port/"
	all "curl http:// under svidwrap gets it too, with curl's SPIFFE ID on it" \
		finish 20 "$spawned" , holds client.out "URI:$ID/curl" , \
		event client event=handshake_ok role=client "peer_id=$ID/server" , not event client event=connection_broken

	s_server bare
	background client "$work/bin/curl" -sS --noproxy '*' "http://127.0.0.1:$port/"
	all "curl http:// without svidwrap gets no page" \
		not finish 20 "$spawned" , not holds client.out HTML
}

files
to_a_daemon
from_a_program
plan
