#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Against go-spiffe (tests/interop/gospiffe), both with SVIDs from one SPIRE agent: Go on one side, an ordinary program
# under svidwrap on the other, in both directions; and each side refuses the other when it is not who it must be.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"
. "$lab_root/tests/spire/scene.sh"

ID=spiffe://corp.local
if ! go=$("$lab_root/tests/support/go.sh" 2> "$work/go_why"); then
	skip "go-spiffe talks to programs under svidwrap" "$(< "$work/go_why")"
	plan
fi
a_server_and_agent corp corp.local
(cd tests/interop/gospiffe && "$go" build -trimpath -buildvcs=false -o "$work/gospiffe" .) > "$work/build.out" 2>&1 ||
	{ show "$work/build.out"; ok 1 "tests/interop/gospiffe builds"; plan; }
# Rotated some 15 s after it was issued: SPIRE backdates by 10 s and renews at half of the lifetime.
program go "$work/gospiffe" -x509SVIDTTL 40
program nc nc
program daemon "$PYTHON"
random_payload "$work/payload" 1048576

# An ordinary daemon: sends back what comes while it comes, and after the client's end how many bytes that were.
cat > "$work/daemon.py" <<- 'PYTHON'
	import socket, sys
	listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
	while True:
	    conn, n = listener.accept()[0], 0
	    try:
	        while data := conn.recv(65536):
	            conn.sendall(data)
	            n += len(data)
	        conn.sendall(b"%d bytes\n" % n)
	        print(n, "bytes, then the end", flush=True)
	    except OSError as e:
	        print(n, "bytes, then", e.strerror, flush=True)
	    conn.close()
PYTHON

go_peer() { # ROLE PEER [OPTION...]: in the background
	local role=$1 peer=$2
	shift 2
	background "$role" "$work/bin/go" -socket "$agent_api" -peer "$peer" "$@" "$role" "127.0.0.1:$port"
}
go_server() { go_peer server "$@" && await_port "$port" "$spawned"; }
go_client() { go_peer client "$@"; }
daemon() { wrapped server "$work/bin/daemon" "$work/daemon.py" "$port" && await_port "$port" "$spawned"; }
over() { finish 30 "$1"; [ $? -ne 124 ]; } # nc's status says little about why it ended
nc_client() { wrapped client "$work/bin/nc" -N 127.0.0.1 "$port"; }

payload_is_back() { head -c 1048576 "$dir/client.out" | cmp -s - "$work/payload"; }
answered_after_the_end() { [ "$(tail -c +1048577 "$dir/client.out")" = "1048576 bytes" ]; }
# What Go calls its own serial or its peer's is what svidwrap's event has as the other's or its own.
same_serials() { # ROLE_OF_GO ROLE_OF_SVIDWRAP
	local own peer
	own=$(sed -n 's/^own .* serial //p' "$dir/$1.err" | tail -1)
	peer=$(sed -n 's/^peer .* serial //p' "$dir/$1.err")
	[ -n "$own" ] && [ -n "$peer" ] && event "$2" event=handshake_ok "peer_serial=$own" "own_serial=$peer"
}

agreement() {
	new_case go-client "$ID/nobody" "$ID/go"
	daemon
	spawn_in="$work/payload" go_client "$ID/daemon"
	all "go-spiffe's client gets 1 MiB back unchanged from a daemon under svidwrap, and an answer after its end" \
		finish 30 "$spawned" , payload_is_back , answered_after_the_end , \
		holds client.err "^peer $ID/daemon serial" , holds client.err '^heard 1048590 bytes$' , \
		soon holds server.out '^1048576 bytes, then the end$' , same_serials client server , \
		event server event=handshake_ok role=server "peer_id=$ID/go" "own_id=$ID/daemon" , \
		not event server event=connection_broken

	new_case go-server "$ID/go" "$ID/nobody"
	go_server "$ID/nc"
	spawn_in="$work/payload" nc_client
	all "nc under svidwrap gets 1 MiB back unchanged from go-spiffe's server, and an answer after its end" \
		finish 30 "$spawned" , payload_is_back , answered_after_the_end , \
		holds server.err "^peer $ID/nc serial" , holds server.err '^served 1048576 bytes$' , same_serials server client , \
		event client event=handshake_ok role=client "peer_id=$ID/go" "own_id=$ID/nc" , \
		not event client event=connection_broken
}

# Go's TLS has one alert for whatever its own check of the certificate says: bad_certificate. It may mean "who are you"
# or "not you"; the reason is in Go's output alone.
refusals() {
	new_case go-client-refuses "$ID/nobody" "$ID/go"
	daemon
	spawn_in="$work/payload" go_client "$ID/other"
	all "go-spiffe's client refuses a server under svidwrap that is not the one it was told" \
		not finish 30 "$spawned" , holds client.err "^refused: .*unexpected ID \"$ID/daemon\"" , not test -s "$dir/client.out" , \
		soon holds server.out '^0 bytes, then' , not holds server.out '^[1-9]' , \
		event server event=handshake_refused role=server phase=authentication error=ERR_ALERT alert=bad_certificate , \
		not event server event=handshake_ok

	new_case go-client-is-refused "$ID/nobody" "$ID/other"
	daemon
	spawn_in="$work/payload" go_client "$ID/daemon"
	all "a server under svidwrap refuses go-spiffe's client when the rule does not name it" \
		not finish 30 "$spawned" , holds client.err 'remote error: tls: access denied$' , not test -s "$dir/client.out" , \
		soon holds server.out '^0 bytes, then' , not holds server.out '^[1-9]' , \
		event server event=handshake_refused phase=authorization error=ERR_PEER_DENIED "peer_id=$ID/go" , \
		not event server event=handshake_ok

	new_case go-server-refuses "$ID/go" "$ID/nobody"
	go_server "$ID/other"
	spawn_in="$work/payload" nc_client
	all "go-spiffe's server refuses a client under svidwrap that is not the one it was told" \
		over "$spawned" , soon holds server.err "^refused: .*unexpected ID \"$ID/nc\"" , not holds server.err '^served' , \
		soon event client event=connection_broken phase=authentication error=ERR_ALERT alert=bad_certificate \
			"peer_id=$ID/go" "own_id=$ID/nc" , not test -s "$dir/client.out"

	new_case go-server-is-refused "$ID/other" "$ID/nobody"
	go_server "$ID/nc"
	spawn_in="$work/payload" nc_client
	all "a client under svidwrap refuses go-spiffe's server when the rule does not name it" \
		over "$spawned" , soon holds server.err '^refused: remote error: tls: access denied$' , \
		not holds server.err '^peer' , not test -s "$dir/client.out" , \
		event client event=handshake_refused role=client phase=authorization error=ERR_PEER_DENIED "peer_id=$ID/go" , \
		not event client event=handshake_ok
}

# ---- rotation: started first, looked at last, since it takes a while ----

# Both of Go's roles in processes that live on; what the client says on a connection of its own is a line of $line_fd.
start_rotation() {
	new_case rotating "$ID/go" "$ID/go"
	rotating_port=$port rotating_pids=()
	go_server "$ID/nc"
	new_case rotating-client "$ID/nobody" "$ID/go"
	daemon
	mkfifo "$dir/lines" && exec {line_fd}<> "$dir/lines"
	spawn_in="$dir/lines" go_client "$ID/daemon" -lines
	rotating_pids=("${case_pids[@]}") case_pids=()
	say_line 1
	nc_says 1
}
say_line() { echo "line $1" >&"$line_fd"; soon holds_in rotating-client/client.out "^line $1\$"; }
nc_says() {
	echo "line $1" | timeout 20 "$BUILD/svidwrap" run --policy "$work/rotating/policy" --log "$work/rotating/nc.log" -- \
		"$work/bin/nc" -N 127.0.0.1 "$rotating_port" > "$work/rotating/nc-$1.out" 2> "$work/rotating/nc-$1.err"
	holds_in "rotating/nc-$1.out" "^line $1\$"
}
holds_in() { grep -qs -e "$2" "$work/$1"; }
serials() { grep -c "^own $ID/go serial" "$work/$1"; }
rotated() { [ "$(serials "$1")" -gt 1 ]; }
oldest() { grep "^own $ID/go serial" "$work/$1" | head -1 | sed 's/.* //'; }
newest() { grep "^own $ID/go serial" "$work/$1" | tail -1 | sed 's/.* //'; }
shown() { [ "$(logged "$work/$1" event=handshake_ok "peer_serial=$2")" -gt 0 ]; }

end_rotation() {
	local first then
	case_pids=("${rotating_pids[@]}")
	dir="$work/rotating-client"
	first=$(oldest rotating-client/client.err)
	until_true 40 rotated rotating-client/client.err
	then=$(newest rotating-client/client.err)
	say_line 2
	local status=$?
	shown rotating-client/server.log "$first" && [ "$then" != "$first" ] && [ $status -eq 0 ] &&
		shown rotating-client/server.log "$(newest rotating-client/client.err)"
	verdict_kept $? "a go-spiffe client whose SVID was replaced connects anew to a daemon under svidwrap, under the new one"

	dir="$work/rotating"
	first=$(oldest rotating/server.err)
	until_true 40 rotated rotating/server.err
	nc_says 2 && shown rotating/nc.log "$first" && shown rotating/nc.log "$(newest rotating/server.err)" &&
		[ "$(newest rotating/server.err)" != "$first" ]
	verdict $? "a go-spiffe server whose SVID was replaced is spoken to by nc under svidwrap, under the new one"
	exec {line_fd}>&-
}
# as verdict, but the case goes on
verdict_kept() {
	local kept=("${case_pids[@]}")
	case_pids=()
	verdict "$@"
	case_pids=("${kept[@]}")
}

start_rotation
agreement
refusals
end_rotation
plan
