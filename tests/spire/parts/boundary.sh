#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# No identity, no access: programs without an entry, a client that is known but may not come, and what somebody gets who
# copies the program. Real programs, SPIRE's unix attestor.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"
. "$lab_root/tests/spire/scene.sh"

ID=spiffe://corp.local
a_server_and_agent corp corp.local
program ledger "$PYTHON"
program redis redis-server
program backend curl
program client curl
program cli redis-cli
program file "$spire/spire-agent"
program_alone rogue redis-cli
program_alone rogue-agent "$spire/spire-agent"

# in_time: the case's rules give up after 2 s
in_time() { sed -i 's/^\( *\)peers:/\1timeout: 2s\n&/' "$dir/policy"; }
redis() {
	wrapped redis "$work/bin/redis" --bind 127.0.0.1 --port "$port" --save '' --dir "$dir" && await_port "$port" "$spawned"
}
ask() { wrapped "$1" "$work/bin/$1" -h 127.0.0.1 -p "$port" "${@:2}"; } # a redis-cli
gets() { "$@" && finish 20 "$spawned"; }

without_an_entry() {
	new_case rogue "$ID/redis" "$ID/*"
	in_time
	redis
	all "spire-agent refuses an SVID to a program without an entry: PermissionDenied, no identity issued" \
		not fetched rogue-agent "$work/rogue-agent" , \
		grep -q 'PermissionDenied.*no identity issued' "$work/rogue-agent.out" "$work/rogue-agent.err" , \
		not compgen -G "$work/rogue-agent/*"
	new_case rogue-connects "$ID/redis" "$ID/*"
	in_time
	redis
	all "under svidwrap it gets no connection; the one with an entry beside it does" \
		not gets ask rogue INCR connections , \
		event rogue event=handshake_refused role=client phase=identity error=ERR_AGENT_DENIED , \
		not event rogue event=handshake_ok , not event redis event=handshake_ok , \
		gets ask cli INCR connections , holds cli.out '^1$' , event redis event=handshake_ok "peer_id=$ID/cli"
}

# Somebody takes the program and its policy along; the entry is about where it runs from.
copied() {
	new_case copied "$ID/redis" "$ID/*"
	in_time
	redis
	cp "$work/bin/cli" "$dir/cli"
	wrapped copy "$dir/cli" -h 127.0.0.1 -p "$port" INCR connections
	all "a copy of a program that has an entry gets no identity" \
		not finish 20 "$spawned" , event copy event=handshake_refused phase=identity error=ERR_AGENT_DENIED , \
		not event copy event=handshake_ok , not event redis event=handshake_ok
}

# ---- the ledger, which is for the backend alone ----

request() { wrapped "$1" "$work/bin/$1" -sS --noproxy '*' "http://127.0.0.1:$port/balance"; }
served() { grep -c 'GET /balance' "$dir/ledger.err"; }
only_phase() { not grep -E "\"phase\": ?\"($1)\"" "$dir/$2.log"; } # not these

ledger() {
	new_case ledger "$ID/ledger" "$ID/backend"
	mkdir "$dir/books"
	echo 'the balance is 42' > "$dir/books/balance"
	wrapped ledger "$work/bin/ledger" -u -m http.server --bind 127.0.0.1 --directory "$dir/books" "$port"
	ledger_pid=$spawned
	await_port "$port" "$ledger_pid"
	all_kept "the ledger serves the backend" \
		gets request backend , holds backend.out '^the balance is 42$' , \
		event ledger event=handshake_ok "peer_id=$ID/backend" "own_id=$ID/ledger" , \
		event backend event=handshake_ok "peer_id=$ID/ledger"
	all_kept "a client with a valid SVID is refused, and the ledger sees no request of it" \
		not gets request client , not test -s "$dir/client.out" , [ "$(served)" -eq 1 ]
	all_kept "the ledger's events: it knows the client for who he is, and he may not" \
		event ledger event=handshake_refused role=server phase=authorization error=ERR_PEER_DENIED \
			alert=access_denied "peer_id=$ID/client" "own_id=$ID/ledger" , \
		not event ledger phase=authentication , not event ledger event=handshake_ok "peer_id=$ID/client"
	all_kept "the client's events: it knows the ledger, and was refused by its policy" \
		event client event=handshake_ok role=client "peer_id=$ID/ledger" "own_id=$ID/client" , \
		event client event=connection_broken role=client phase=authorization error=ERR_ALERT alert=access_denied \
			"peer_id=$ID/ledger" "own_id=$ID/client" , \
		not event client phase=authentication
	no_key_to_copy
}
# all, but the case goes on
all_kept() {
	local kept=("${case_pids[@]}")
	case_pids=()
	all "$@"
	case_pids=("${kept[@]}")
}

# ---- what there is to copy ----

# A private key as PEM, as PKCS#8 for P-256 (what SPIRE issues), or as the base64 of that.
key_in() {
	local p256='\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x04\x6d\x30\x6b\x02\x01\x01\x04\x20'
	LC_ALL=C grep -lraP -e "PRIVATE KEY|MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg|$p256" "$@"
}
# What the programs left behind, without the programs and SPIRE's own folder.
left_behind() { find "$work" -type f -not -path "$work/bin/*" -not -path "$work/corp/*" -not -path "$work/file/*"; }
# what the process has open besides sockets: the log, its standard streams, the memory shared with its children
open_files() { find "/proc/$ledger_pid/fd" -lname '/*' -not -lname '/dev/*'; }

no_key_to_copy() {
	openssl pkcs8 -topk8 -nocrypt -outform DER -in "$work/file/svid.0.key" -out "$work/file/key.der"
	all_kept "a search for private keys finds them where they are: in files of spire-agent's, PEM and DER" \
		key_in "$work/file/svid.0.key" , key_in "$work/file/key.der" , key_in "$work/corp/agent"
	all "but none in what svidwrap's programs wrote, have open, or have in their environment" \
		[ "$(left_behind | wc -l)" -gt 10 ] , not key_in $(left_behind) , \
		[ "$(open_files | wc -l)" -gt 2 ] , not key_in $(open_files) , \
		grep -q libsvidwrap "/proc/$ledger_pid/environ" , not key_in "/proc/$ledger_pid/environ"
}

fetch file "$work/file" || { ok 1 "spire-agent writes an SVID for a program with an entry"; plan; }
without_an_entry
copied
ledger
plan
