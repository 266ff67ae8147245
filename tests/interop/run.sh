#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Against OpenSSL's own s_client and s_server: the three suites, KeyUpdate, tickets, padding, small fragments, TLS 1.2,
# and certificates that are no X.509-SVIDs. The program under svidwrap is the shim tests' echo server, or nc.
. "$(dirname "$0")/../support/lab.sh"

suites="TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384 TLS_CHACHA20_POLY1305_SHA256"
PEER=spiffe://corp.local/openssl REVOKED=spiffe://corp.local/revoked BAD=spiffe://corp.local/bad
mkdir -p "$work/bin" "$work/certs"

if ! have_svidwrap || [ ! -x "$BUILD/shim-tests/tool_echo" ]; then
	skip "interoperability with OpenSSL" "svidwrap or its shim tests are not built"
	plan
fi
cp "$BUILD/shim-tests/tool_echo" "$work/bin/echo"
cp "$BUILD/shim-tests/tool_talk" "$work/bin/talk"
cp "$BUILD/shim-tests/tool_sharing_echo" "$work/bin/sharing"
cp "$(readlink -f "$(command -v nc)")" "$work/bin/nc"
for i in {1..4000}; do printf 'line %05d of what the client has to say\n' "$i"; done > "$work/payload"

agent agent --ttl 1h --ca-dir "$work/ca" --issue "$PEER=$work/certs/good" \
	--issue "$REVOKED=$work/certs/crl" --fault "crl@$REVOKED" \
	--entry "spiffe://corp.local/server=unix:path:$work/bin/echo" \
	--entry "spiffe://corp.local/talk=unix:path:$work/bin/talk" \
	--entry "spiffe://corp.local/sharing=unix:path:$work/bin/sharing" \
	--entry "spiffe://corp.local/nc=unix:path:$work/bin/nc" || { ok 1 "the lab agent starts"; plan; }

# new_case NAME: $dir, $port and a policy that takes every identity but those of other domains
new_case() {
	dir="$work/$1" case_name=$1
	mkdir -p "$dir"
	free_port port
	rules "$dir/policy" "$port" "spiffe://corp.local/*" "spiffe://corp.local/*"
}
end_case() {
	[ -z "${input_fd:-}" ] || exec {input_fd}>&-
	stop "${case_pids[@]}"
	case_pids=() input_fd=''
}
case_pids=()

# wrapped ROLE BINARY ARGUMENT...: in the background, under svidwrap
wrapped() {
	local role=$1
	shift
	CLAIM_DIR=$dir spawn "$case_name/$role" "$BUILD/svidwrap" run --policy "$dir/policy" --log "$dir/log" -- "$@"
	case_pids+=("$spawned")
}

# openssl_peer COMMAND OPTION...: s_client or s_server with what is written to $input_fd as its input
openssl_peer() {
	local command=$1
	shift
	mkfifo "$dir/input" && exec {input_fd}<> "$dir/input"
	spawn_in="$dir/input" spawn "$case_name/openssl" openssl "$command" -CAfile "$work/certs/good/bundle.pem" \
		-cert "${certs:-$work/certs/good}/svid.pem" -key "${certs:-$work/certs/good}/key.pem" "$@"
	case_pids+=("$spawned")
}
ssl_client() { openssl_peer s_client -connect "127.0.0.1:$port" -verify_return_error "$@"; }
ssl_server() { openssl_peer s_server -accept "127.0.0.1:$port" -Verify 1 -verify_return_error "$@" && await_port "$port"; }

size_is() { [ "$(stat -c %s "$1" 2> /dev/null || echo 0)" -ge "$2" ]; }
holds() { grep -aqs -e "$2" "$1"; }
event() { [ "$(logged "$dir/log" "$@")" -gt 0 ]; }
soon() { until_true 8 "$@"; }

# verdict STATUS NAME
verdict() {
	[ "$1" -eq 0 ] || { echo "# $2"; show "$dir"/*.out "$dir"/*.err "$dir/log"; } >&2
	end_case
	ok "$1" "$2"
}

# echoed [FILE]: all of it goes to the program and comes back the same
echoed() {
	local file=${1:-$work/payload} before
	before=$(stat -c %s "$dir/openssl.out")
	timeout 10 cat "$file" >&"$input_fd"
	soon size_is "$dir/openssl.out" $((before + $(stat -c %s "$file"))) &&
		tail -c +$((before + 1)) "$dir/openssl.out" | cmp -s - "$file"
}

# ---- a server under svidwrap ----

echo_for_client() { # NAME OPTION...
	local name=$1
	shift
	new_case "$name"
	wrapped server "${echo:-$work/bin/echo}" server "$port"
	await_port "$port" "$spawned" && ssl_client -quiet "$@"
}

clients() {
	local suite
	for suite in $suites; do
		echo_for_client "client-$suite" -tls1_3 -ciphersuites "$suite"
		echoed && event event=handshake_ok role=server "peer_id=$PEER" "suite=$suite"
		verdict $? "s_client with $suite exchanges 160 kB with a server"
	done
	echo_for_client client-fragments -maxfraglen 512
	echoed
	verdict $? "s_client that negotiated fragments of 512 bytes gets no larger ones"
	echo_for_client client-padding -record_padding 1000 -max_send_frag 700
	echoed
	verdict $? "padded and small records of s_client are read"
	client_key_update
	sharing_key_update
	refused_client client-1.2 "s_client of TLS 1.2 is refused" "" -tls1_2
	certs=none refused_client client-anonymous "s_client without a certificate is refused" ERR_CERT_MISSING
}

# Both sides change their keys, three times, and the exchange goes on (RFC 8446 4.6.3).
client_key_update() {
	local i status=0
	echo_for_client client-key-update -no_ign_eof -msg -msgfile "$work/client-key-update/messages"
	head -100 "$work/payload" > "$dir/some"
	echoed "$dir/some" || status=1
	for i in 1 2 3; do
		echo K >&"$input_fd"
		soon count_is "$dir/openssl.err" KEYUPDATE $i || status=1
		echoed "$dir/some" || status=1
	done
	echo k >&"$input_fd"
	soon count_is "$dir/openssl.err" KEYUPDATE 4 || status=1
	echoed "$dir/some" || status=1
	count_is "$dir/messages" '^<<< .*KeyUpdate' 3 || status=1
	verdict $status "KeyUpdate, with and without an answer, asked by s_client"
}

# A parent and its child take turns with lines: each finds keys that the other has moved on, in both directions, once
# or several times, and at a line of its own or of the other's (an odd number of lines changes who is next).
sharing_key_update() {
	local lines updates=0 n status=0
	echo="$work/bin/sharing" echo_for_client sharing-key-update -no_ign_eof -msg -msgfile "$work/sharing-key-update/messages"
	head -50 "$work/payload" > "$dir/even"
	head -51 "$work/payload" > "$dir/odd"
	echoed "$dir/even" || status=1
	for lines in odd even odd odd; do
		for ((n = updates % 3; n >= 0; n--)); do
			echo K >&"$input_fd"
			updates=$((updates + 1))
			soon count_is "$dir/openssl.err" KEYUPDATE $updates || status=1
		done
		echoed "$dir/$lines" || status=1
	done
	[ $updates -gt 4 ] && count_is "$dir/messages" '^<<< .*KeyUpdate' 4 || status=1
	holds "$dir/server.out" 'line' && status=1
	verdict $status "KeyUpdate asked by s_client of two processes that share the connection"
}
count_is() { [ "$(grep -acs -e "$2" "$1")" -ge "$3" ]; } 2> /dev/null

# refused_client DIR NAME CLASS OPTION...: the program sees no byte; the log names the class
refused_client() {
	local case=$1 name=$2 class=$3 status=0
	shift 3
	new_case "$case"
	wrapped server "$work/bin/talk" server "$port"
	await_port "$port" "$spawned"
	if [ "${certs:-}" = none ]; then
		mkfifo "$dir/input" && exec {input_fd}<> "$dir/input"
		spawn_in="$dir/input" spawn "$case_name/openssl" openssl s_client -connect "127.0.0.1:$port" -quiet "$@"
		case_pids+=("$spawned")
	else
		ssl_client -quiet "$@"
	fi
	head -1 "$work/payload" >&"$input_fd"
	soon holds "$dir/server.out" '^connection: 0 bytes' || status=1
	! holds "$dir/server.out" '^connection: [1-9]' || status=1
	event event=handshake_refused role=server ${class:+error=$class} || status=1
	verdict $status "$name"
}

# ---- a client under svidwrap ----

# lines_both_ways: what s_server is told reaches nc's output, what nc is told s_server's
lines_both_ways() {
	local text="line $RANDOM$RANDOM"
	echo "to the client, $text" >&"$input_fd"
	soon holds "$dir/client.out" "^to the client, $text\$" || return 1
	echo "to the server, $text" >&"$client_fd"
	soon holds "$dir/openssl.out" "^to the server, $text\$"
}

nc_for_server() { # NAME OPTION...
	local name=$1
	shift
	new_case "$name"
	ssl_server "$@"
	mkfifo "$dir/client-input" && exec {client_fd}<> "$dir/client-input"
	spawn_in="$dir/client-input" wrapped client "$work/bin/nc" 127.0.0.1 "$port"
}

servers() {
	local suite i status
	for suite in $suites; do
		nc_for_server "server-$suite" -tls1_3 -ciphersuites "$suite"
		lines_both_ways && lines_both_ways && event event=handshake_ok role=client "peer_id=$PEER" "suite=$suite"
		verdict $? "nc talks to s_server with $suite"
	done
	nc_for_server server-tickets -num_tickets 4 -record_padding 1000
	lines_both_ways && lines_both_ways
	verdict $? "tickets and padded records of s_server are read"
	nc_for_server server-key-update -msg -msgfile "$work/server-key-update/messages"
	status=0
	lines_both_ways || status=1
	for i in K K k; do
		echo $i >&"$input_fd"
		sleep 0.1 # a command is a read of its own
		lines_both_ways || status=1
	done
	count_is "$dir/messages" '^<<< .*KeyUpdate' 2 || status=1
	verdict $status "KeyUpdate, with and without an answer, asked by s_server"
	refused_server server-1.2 "s_server of TLS 1.2 is refused" "" -tls1_2
}

# refused_server DIR NAME CLASS OPTION...
refused_server() {
	local case=$1 name=$2 class=$3 status=0
	shift 3
	new_case "$case"
	ssl_server "$@"
	wrapped client "$work/bin/talk" client "$port"
	tell_listening
	finish 15 "$spawned" && status=1
	holds "$dir/client.out" '^talk 1: connect: ECONNREFUSED$' || status=1
	! holds "$dir/openssl.out" plaintext-marker || status=1
	event event=handshake_refused role=client ${class:+error=$class} || status=1
	verdict $status "$name"
}
tell_listening() { touch "$dir/listening"; } # what the test client waits for

# ---- certificates that are no X.509-SVIDs (X509-SVID.md 2 to 5), one row each: fault, class in the log ----

bad_certificates() {
	local fault class
	while read -r fault class; do
		if [ "$fault" != crl ]; then
			"$BUILD/svidwrap-labagent" --trust-domain corp.local --ca-dir "$work/ca" --ttl 1h \
				--issue "$BAD=$work/certs/$fault" --fault "$fault@$BAD" 2> "$work/certs/$fault.err"
		fi
		certs="$work/certs/$fault" refused_client "client-$fault" "a client with $fault is refused" "$class"
		certs="$work/certs/$fault" refused_server "server-$fault" "a server with $fault is refused" "$class"
	done <<- TABLE
		expired ERR_CERT_EXPIRED
		not-yet-valid ERR_CERT_NOT_YET
		foreign-ca ERR_CERT_CHAIN
		crl ERR_CERT_REVOKED
		ca-leaf ERR_CERT_SVID
		two-uris ERR_CERT_SVID
		no-uri ERR_CERT_SVID
		root-path ERR_CERT_SVID
		no-keyusage ERR_CERT_SVID
		noncritical-keyusage ERR_CERT_SVID
		keycertsign-leaf ERR_CERT_SVID
		eku-server-only ERR_CERT_SVID
	TABLE
}

# Control: the same files serve two OpenSSL peers, so a refusal above is svidwrap's.
control() {
	new_case control
	free_port port
	ssl_server -rev
	local server=$spawned fd=$input_fd
	rm "$dir/input"
	mv "$dir/openssl.out" "$dir/s_server.out"
	ssl_client -quiet
	echo abc >&"$input_fd"
	soon holds "$dir/openssl.out" '^cba$'
	local status=$?
	exec {fd}>&-
	verdict $status "the issued files serve s_client and s_server among themselves"
	stop "$server"
}

control
clients
servers
bad_certificates
plan
