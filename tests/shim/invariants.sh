# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What must hold when things go wrong: no plaintext on the wire, no byte from a stranger in the program, no hang.
# Sourced by run.sh. tool_talk.c says what its server and client report.

inv="$work/inv"
inv_tools="tool_talk tool_echo tool_sharers tool_impatient"
S=spiffe://corp.local/server C=spiffe://corp.local/client O=spiffe://corp.local/other
for t in $inv_tools; do
	for r in server client other stranger; do # the last one has no entry
		mkdir -p "$inv/$t" && cp "$BUILD/shim-tests/$t" "$inv/$t/$r"
	done
done

inv_agent() { # NAME [OPTION...]
	local name=$1 t r entries=()
	shift
	for t in $inv_tools; do
		for r in server client other; do
			entries+=(--entry "spiffe://corp.local/$r=unix:path:$inv/$t/$r")
		done
	done
	agent "$name" --ttl 5m "${entries[@]}" "$@"
}

# scene NAME: its folder $dir, ports $port (server) and $via (relay); policies good (over $port), tapped (over $via)
scene() {
	dir="$inv/$1"
	mkdir -p "$dir"
	free_port port
	free_port via
	rules "$dir/good" "$port" "$C" "$S"
	rules "$dir/tapped" "$port" "$C" "$S" "$via"
}

# prefix POLICY LOG: the words before a command, in $prefix; POLICY none is without svidwrap
prefix() {
	prefix=()
	[ "$1" = none ] || prefix=("$BUILD/svidwrap" run --policy "$dir/$1" --log "$dir/$2.log" --)
}

# serve TOOL POLICY [ROLE]: until the end of the scene
serve() {
	prefix "$2" server
	CLAIM_DIR=$dir spawn "inv/${dir##*/}/server" "${prefix[@]}" "$inv/$1/${3:-server}" server "$port"
	server_pid=$spawned
	await_port "$port" "$server_pid"
}

# tap [OPTION...]: a relay between client and server, recording into $dir/wire
tap() {
	relay "inv/${dir##*/}/wire" "$via" "$port" "$@"
	relay_pid=$spawned
}

# talk WHO POLICY PORT: the client's status; what it said is in $dir/WHO.out
talk() {
	prefix "$2" "$1"
	CLAIM_DIR=$dir timeout -k 2 30 "${prefix[@]}" "$inv/tool_talk/$1" client "$3" 2>&1 < /dev/null > "$dir/$1.out" |
		bounded "$dir/$1.err"
	return "${PIPESTATUS[0]}"
}

impatient_client() { # POLICY PORT
	prefix "$1" client
	CLAIM_DIR=$dir timeout -k 2 30 "${prefix[@]}" "$inv/tool_impatient/client" client "$2" 2>&1 < /dev/null > "$dir/client.out" |
		bounded "$dir/client.err"
}

# Conditions, for all.
not() { ! "$@"; }
said() { grep -Fqx -- "$2" "$dir/$1.out"; }          # WHO LINE
said_like() { grep -Eqx -- "$2" "$dir/$1.out"; }     # WHO REGEX
event() { local log=$1; shift; [ "$(logged "$dir/$log.log" "$@")" -gt 0 ]; } # WHO KEY=VALUE...
soon() { until_true 5 "$@"; }
in_clear() { cat "$dir"/wire/*.c2s "$dir"/wire/*.s2c 2> /dev/null | grep -aq plaintext-marker; }
heard_nothing() { soon said server 'connection: 0 bytes, then ECONNRESET'; }

# all NAME CONDITION... [, CONDITION...]: one result; ends the scene
all() {
	local name=$1 words=() bad=0 w
	shift
	for w in "$@" ,; do
		[ "$w" = , ] || { words+=("$w"); continue; }
		"${words[@]}" || { echo "# not so: ${words[*]}" >&2; bad=1; }
		words=()
	done
	[ $bad -eq 0 ] || { echo "# $name" >&2; show "$dir"/*.out "$dir"/*.err "$dir"/*.log; }
	ok $bad "$name"
	stop $server_pid $relay_pid
	server_pid='' relay_pid=''
}
server_pid='' relay_pid=''

without_svidwrap() {
	scene plain
	serve tool_talk none
	tap
	all "without svidwrap the relay sees the plaintext" talk client none "$via" , in_clear , \
		soon said server 'connection: 5000 bytes, then the end'
}

strangers() {
	scene good
	serve tool_talk good
	tap
	all "a client and a server that may talk do, and nothing is in clear" talk client tapped "$via" , \
		soon said server 'connection: 5000 bytes, then the end' , not in_clear , \
		event server event=handshake_ok "peer_id=$C" , event client event=handshake_ok "peer_id=$S"

	scene other-client
	serve tool_talk good
	all "a client that the server's rule does not name is refused after authentication; no byte reaches the program" \
		not talk other good "$port" , heard_nothing , \
		event server event=handshake_refused phase=authorization error=ERR_PEER_DENIED "peer_id=$O" , \
		event other event=connection_broken phase=authorization error=ERR_ALERT alert=access_denied "own_id=$O" "peer_id=$S"

	scene other-server
	serve tool_talk good other
	tap
	all "a server that the client's rule does not name gets nothing" not talk client tapped "$via" , \
		said client 'talk 1: connect: ECONNREFUSED' , heard_nothing , not in_clear , \
		event client event=handshake_refused error=ERR_PEER_DENIED "peer_id=$O"

	scene stranger
	serve tool_talk good
	tap
	sed -i '/connect:/a\    timeout: 1s' "$dir/tapped"
	all "a client without a registration entry gets no connection" not talk stranger tapped "$via" , \
		not in_clear , not grep -q '^talk 1: all' "$dir/stranger.out"

	scene plain-client
	serve tool_talk good
	all "a plain client of a managed server gets nothing, and the program sees no byte of it" \
		not talk client none "$port" , heard_nothing , not grep -q 'all came back' "$dir/client.out" , \
		talk client good "$port"

	scene plain-server
	serve tool_talk none
	tap
	all "a managed client tells a plain server nothing" not talk client tapped "$via" , not in_clear
}

agents() {
	local agent_was=$agent_api
	scene no-agent
	agent_api="unix://$work/nobody.sock"
	rules "$dir/no-agent" "$port" "$C" "$S" "$via"
	agent_api=$agent_was
	sed -i '/connect:/a\    timeout: 1s' "$dir/no-agent"
	serve tool_talk good
	tap
	all "without an agent there is no connection and nothing in clear" not talk client no-agent "$via" , \
		not in_clear , not grep -q 'all came back' "$dir/client.out"

	scene impatient
	agent_api="unix://$work/nobody.sock"
	rules "$dir/no-agent" "$port" "$C" "$S" "$via"
	agent_api=$agent_was
	sed -i '/connect:/a\    timeout: 2s' "$dir/no-agent"
	serve tool_talk good
	tap
	impatient_client no-agent "$via"
	all "without an agent a non-blocking program is not held up, nor is one whose other thread waits" \
		said client 'nothing took long' , said client 'read = -1 ETIMEDOUT' , \
		said client 'blocking connect = -1 ETIMEDOUT' , not in_clear , \
		event client event=handshake_refused phase=identity

	scene deaf
	agent_api="unix://$work/nobody.sock"
	rules "$dir/no-agent" "$port" "$C" "$S"
	agent_api=$agent_was
	sed -i '/connect:/a\    timeout: 2s' "$dir/no-agent" "$dir/good"
	serve tool_impatient none
	impatient_client no-agent "$port"
	mv "$dir/client.out" "$dir/alone.out"
	impatient_client good "$port"
	all "a program in poll learns that the rule's time is over, though the server says and closes nothing" \
		said alone 'poll told' , said alone 'read = -1 ETIMEDOUT' , said client 'poll told' , said client 'read = -1 ETIMEDOUT'

	scene deaf-stranger
	sed -i '/connect:/a\    timeout: 2s' "$dir/tapped"
	serve tool_talk good other
	tap --hold
	impatient_client tapped "$via"
	all "... and that the server was refused, though that one ends nothing" \
		said client 'poll told' , said client 'read = -1 ECONNRESET' , not in_clear , \
		event client event=handshake_refused error=ERR_PEER_DENIED "peer_id=$O"

	scene agent-killed
	inv_agent short-lived
	local short=$spawned
	rules "$dir/good" "$port" "$C" "$S"
	serve tool_talk good
	TALKS=2 talk client good "$port" &
	local talker=$!
	soon test -e "$dir/talked-1"
	kill -KILL "$short"
	wait "$short" 2> /dev/null
	touch "$dir/talk-2"
	all "SVIDs outlive their agent: a new connection still works" wait $talker , said client 'talk 2: all came back'

	scene revoked
	inv_agent revoking --fault "revoke-after=2s@$C"
	rules "$dir/good" "$port" "$C" "$S"
	serve tool_talk good
	TALKS=2 talk client good "$port" &
	talker=$!
	soon test -e "$dir/talked-1"
	sleep 2.5
	touch "$dir/talk-2"
	all "PermissionDenied mid-stream ends the use of the SVID" not wait $talker , \
		said client 'talk 1: all came back' , not said client 'talk 2: all came back' , \
		event client event=svid_lost
	agent_api=$agent_was
}

silence() {
	local i fds=() fd
	scene silent
	serve tool_echo good
	for i in {1..20}; do
		exec {fd}<> "/dev/tcp/127.0.0.1/$port" || break
		fds+=("$fd")
		[ $((i % 4)) -ne 0 ] || printf '\026\003\001' >&"$fd" # a record's beginning
	done
	all "20 clients that say nothing hold up nobody in an event loop" is "${#fds[@]}" -eq 20 , \
		timeout_talk 3 client good "$port"
	for fd in "${fds[@]}"; do exec {fd}>&-; done

	scene silent-blocking
	sed -i '/accept:/a\    timeout: 1s' "$dir/good"
	serve tool_talk good
	exec {fd}<> "/dev/tcp/127.0.0.1/$port"
	all "a client that says nothing holds up a blocking server no longer than the rule allows" \
		timeout_talk 6 client good "$port" , said_like server 'connection: 0 bytes, then [A-Z]+'
	exec {fd}>&-

	scene silent-timeout
	RCVTIMEO_MS=300 serve tool_talk good
	exec {fd}<> "/dev/tcp/127.0.0.1/$port"
	all "SO_RCVTIMEO ends a read that waits for a client's handshake" \
		timeout_talk 3 client good "$port" , said server 'connection: 0 bytes, then EAGAIN'
	exec {fd}>&-
}
is() { [ "$1" "$2" "$3" ]; }
timeout_talk() { # SECONDS WHO POLICY PORT
	local began=$SECONDS
	talk "$2" "$3" "$4" && [ $((SECONDS - began)) -le "$1" ]
}

# The handshake of a server is some 900 bytes and more; 2,500 bytes into its stream there are records of data.
damage() {
	scene flipped
	serve tool_talk good
	tap --flip s2c:4000
	all "a bit flipped on the way is an error, not data" not talk client tapped "$via" , \
		said client 'talk 1: recv: ECONNRESET' , \
		event client event=connection_broken error=ERR_RECORD_MAC

	scene cut
	serve tool_talk good
	tap --cut s2c:4000
	all "a stream cut short by somebody between is an error, not its end" not talk client tapped "$via" , \
		said client 'talk 1: recv: ECONNRESET' , event client event=connection_broken error=ERR_TRUNCATED

	scene bad-hello
	serve tool_talk good
	tap --flip c2s:60
	all "a handshake damaged on the way ends without data" not talk client tapped "$via" , \
		not in_clear , heard_nothing
}

sharers() {
	scene sharers
	serve tool_sharers good
	prefix good client
	CLAIM_DIR=$dir timeout -k 2 60 "${prefix[@]}" "$inv/tool_sharers/client" client "$port" \
		2>&1 < /dev/null > "$dir/client.out" | bounded "$dir/client.err"
	local status=${PIPESTATUS[0]}
	sed 's/^/# /' "$dir/client.out"
	all "a writer killed at any moment leaves a correct stream or an error, never a hang" is "$status" -eq 0
}

bad_policy() {
	scene writable
	chmod 666 "$dir/good"
	serve tool_talk none
	all "a policy that others can write keeps the program from running" not talk client good "$port" , \
		not test -s "$dir/client.out" , test -s "$dir/client.err"
}

if [ -n "${no_svidwrap:-}" ]; then
	without_svidwrap
	skip "invariants" "$no_svidwrap"
else
	inv_agent inv-agent
	for t in without_svidwrap strangers agents silence damage sharers bad_policy; do $t; done
fi
