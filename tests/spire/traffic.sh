# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Redis servers and their clients under svidwrap, with SVIDs from SPIRE. Source it after spire.sh. A redis NAME logs to
# $work/NAME.log and listens on ${redis_port[NAME]}; so do its clients, whose every request is a line in $work/NAME.out.
declare -A redis_port redis_pid traffic_pid

# spire_workloads NAME [OPTION...]: what is registered at server NAME: /server for redis, /client for the clients, both with
# these options of `spire-server entry create`, and /client for `spire-agent api fetch`.
spire_workloads() {
	local name=$1
	shift
	mkdir -p "$work/bin"
	redis="$work/bin/$name-redis"
	cp "$(readlink -f "$(command -v redis-server)")" "$redis" # Debian's has another name than its link
	spire_entry "$name" server "unix:path:$redis" -- "$@" &&
		spire_entry "$name" client "unix:path:$(readlink -f "$PYTHON")" -- "$@" &&
		spire_entry "$name" client "unix:path:$spire/spire-agent"
}

# redis NAME: with a policy in $work/NAME.policy; it has an SVID once this returns.
redis() {
	local port
	free_port port
	redis_port[$1]=$port
	policy "$work/$1.policy" <<- RULES
		rules:
		  - name: in
		    accept: "*:$port"
		    peers: ["spiffe://corp.local/client"]
		    timeout: ${redis_timeout:-10s}
		  - name: out
		    connect: "127.0.0.1:$port"
		    peers: ["spiffe://corp.local/server"]
		    timeout: ${redis_timeout:-10s}
	RULES
	spawn "$1" "$BUILD/svidwrap" run --policy "$work/$1.policy" --log "$work/$1.log" --wait 30s -- \
		"$redis" --bind 127.0.0.1 --port "$port" --save '' --dir "$work"
	redis_pid[$1]=$spawned
	until_true 30 listening_or_gone "$port" "$spawned" && listening "$port"
}

# traffic NAME SERVER OPTION...: a client of that redis with traffic.py's options
traffic() {
	local name=$1 server=$2
	shift 2
	spawn "$name" "$BUILD/svidwrap" run --policy "$work/$server.policy" --log "$work/$name.log" --wait 30s -- \
		"$PYTHON" tests/support/traffic.py --connect "127.0.0.1:${redis_port[$server]}" "$@"
	traffic_pid[$name]=$spawned
}

# answers NAME KIND: how many requests of that kind (held or new) were answered as they should
answers() { grep -c "^[0-9.]* $2 .* ok\$" "$work/$1.out"; }

# no_fault NAME KIND: every request of that kind was answered, and their numbers are without a gap
no_fault() {
	awk -v kind="$2" -v name="$1" '
		$2 != kind { next }
		$3 != ++n || $NF != "ok" { print name ": " $0; bad = 1 }
		END { print n " requests"; exit bad || !n }' "$work/$1.out"
}

# more_answers NAME KIND N: N more come within 20 s
more_answers() {
	local before
	before=$(answers "$1" "$2")
	until_true 20 has_answers "$1" "$2" $((before + $3))
}
has_answers() { [ "$(answers "$1" "$2")" -ge "$3" ]; }

# fetch_svid NAME: the client's SVID from that server's agent, into $work/NAME-svid as svid.0.pem, svid.0.key, bundle.0.pem
fetch_svid() {
	mkdir -p "$work/$1-svid"
	"$spire/spire-agent" api fetch x509 -socketPath "$work/$1/agent.sock" -silent -write "$work/$1-svid" \
		> "$work/$1-fetch.out" 2>&1
}

# plain_client PORT FOLDER: openssl with the SVID in FOLDER asks the redis there; does it answer?
plain_client() {
	printf 'PING\r\nQUIT\r\n' | timeout 20 openssl s_client -connect "127.0.0.1:$1" -cert "$2/svid.0.pem" \
		-key "$2/svid.0.key" -quiet > "$work/openssl.out" 2> "$work/openssl.err"
	grep -aq '^+PONG' "$work/openssl.out"
}

# json EXPRESSION: what Python makes of it, where `it` is the JSON on standard input
json() { "$PYTHON" -c 'import json, sys; it = json.load(sys.stdin); print(eval(sys.argv[1]))' "$1"; }

# serial_of FILE: as events show it
serial_of() { openssl x509 -in "$1" -noout -serial | sed 's/.*=//' | tr '[:upper:]' '[:lower:]'; }

# refused NAME SERIAL PHASE: the redis NAME logged that it refused that SVID in that phase
refused() { [ "$(logged "$work/$1.log" event=handshake_refused "peer_serial=$2" "phase=$3")" -gt 0 ]; }
