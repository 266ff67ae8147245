# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Two SPIRE servers that federate, corp.local and partner.example, each with its agent and an upstream CA whose key the
# test has; and cases in which two copies of Debian's nc, each under an identity of its own, meet. Source it after
# spire.sh.
C=spiffe://corp.local P=spiffe://partner.example
declare -A api # of each domain's agent
case_pids=() input_fd='' cases=0
head -c 300000 /dev/urandom > "$work/asked"
head -c 200000 /dev/urandom > "$work/answered"

# ---- two authorities, two servers, two agents ----

# authority NAME DOMAIN: a root in $work/NAME.pem and .key
authority() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1.key"
	openssl req -x509 -new -key "$work/$1.key" -days 30 -subj "/O=$2/CN=$1" -out "$work/$1.pem" \
		-addext "subjectAltName=URI:spiffe://$2" -addext "keyUsage=critical,keyCertSign,cRLSign" 2> /dev/null
}

# intermediate CA: one below it, $work/CA-below.pem and .key
intermediate() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1-below.key"
	openssl req -new -key "$work/$1-below.key" -subj "/CN=below $1" | openssl x509 -req -days 20 -CA "$work/$1.pem" \
		-CAkey "$work/$1.key" -CAcreateserial -out "$work/$1-below.pem" -extfile <(printf '%s\n' \
		basicConstraints=critical,CA:TRUE keyUsage=critical,keyCertSign,cRLSign) 2> /dev/null
}

# leaf DIR CA ID: $work/DIR/leaf.pem, key.pem and chain.pem, with every property of an X.509-SVID
leaf() {
	mkdir -p "$work/$1"
	openssl ecparam -name prime256v1 -genkey -noout -out "$work/$1/key.pem"
	openssl req -new -key "$work/$1/key.pem" -subj "/O=SPIRE" | openssl x509 -req -days 2 -CA "$work/$2.pem" \
		-CAkey "$work/$2.key" -CAcreateserial -out "$work/$1/leaf.pem" -extfile <(printf '%s\n' \
		"subjectAltName=URI:$3" basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
		extendedKeyUsage=serverAuth,clientAuth) 2> /dev/null
	cp "$work/$2.pem" "$work/$1/chain.pem"
}

# federating NAME DOMAIN BUNDLE_PORT [RELATION]: a server that shows its bundle there, with an upstream CA in
# $work/NAME-ca.pem. Polls of bundles are ten minutes apart: in the test they are asked for.
federating() {
	local address='address = "127.0.0.1"' disk
	authority "$1-ca" "$2"
	disk="cert_file_path = \"$work/$1-ca.pem\", key_file_path = \"$work/$1-ca.key\""
	spire_ttl=10m spire_federation="federation {
		    bundle_endpoint { $address port = $3 refresh_hint = \"10m\" profile \"https_spiffe\" {} }
		    ${4:-}
		  }" spire_upstream="UpstreamAuthority \"disk\" { plugin_data { $disk } }" spire_server "$1" "$2"
}

# Corp knows its partner by a relation that is made at run time, the partner knows corp from its configuration; both
# start from a bundle that an operator carried over.
domains() {
	local ports=() port name
	free_port port && ports+=("$port")
	free_port port && ports+=("$port")
	federating corp corp.local "${ports[0]}" &&
		federating partner partner.example "${ports[1]}" "federates_with \"corp.local\" {
		      bundle_endpoint_url = \"https://127.0.0.1:${ports[0]}\"
		      bundle_endpoint_profile \"https_spiffe\" { endpoint_spiffe_id = \"$C/spire/server\" }
		    }" || return 1
	for name in corp partner; do
		at_server "$name" bundle show -format spiffe > "$work/$name.bundle" || return 1
	done
	at_server partner bundle set -id "$C" -format spiffe -path "$work/corp.bundle" &&
		at_server corp bundle set -id "$P" -format spiffe -path "$work/partner.bundle" &&
		at_server corp federation create -trustDomain partner.example -bundleEndpointProfile https_spiffe \
			-bundleEndpointURL "https://127.0.0.1:${ports[1]}" -endpointSpiffeID "$P/spire/server" || return 1
	for name in corp partner; do
		spire_agent "$name" || return 1
		api[$name]=$agent_api
	done
}

# workload NAME PATH PROGRAM [OPTION...]: $work/bin/NAME/PATH, a copy of PROGRAM, with an entry of its own
workload() {
	local name=$1 path=$2
	mkdir -p "$work/bin/$name"
	cp "$(readlink -f "$3")" "$work/bin/$name/$path"
	shift 3
	spire_entry "$name" "$path" "unix:path:$work/bin/$name/$path" -- "$@"
}

# ---- cases ----

# a new case: its folder $dir and $port
case_of() {
	cases=$((cases + 1))
	dir="$work/case-$cases" case_name=case-$cases
	mkdir -p "$dir"
	free_port port
}

# verdict STATUS NAME: one result, of the last case; ends its processes
verdict() {
	[ "$1" -eq 0 ] || { echo "# $2"; wc -c "$dir"/*.out | sed 's/^/#   /'; show "$dir"/*.err "$dir"/*.log; } >&2
	stop "${case_pids[@]}"
	[ -z "$input_fd" ] || exec {input_fd}>&-
	case_pids=() input_fd=''
	ok "$1" "$2"
}

# wrapped ROLE WORKLOAD PEERS ARGUMENT...: nc as NAME/PATH under svidwrap, $spawn_in its input; rules for both directions
wrapped() {
	local role=$1 who=$2 peers=$3
	shift 3
	agent_api=${api[${who%%/*}]} policy "$dir/$role.policy" <<- RULES
		rules:
		  - {name: in, accept: "*:$port", peers: [$peers]}
		  - {name: out, connect: "127.0.0.1:$port", peers: [$peers]}
	RULES
	spawn "$case_name/$role" "$BUILD/svidwrap" run --policy "$dir/$role.policy" --log "$dir/$role.log" -- "$work/bin/$who" "$@"
	case_pids+=("$spawned")
}
# serving, calling: WORKLOAD PEERS [OPTION...]; with -N nc says at once that it has no more to say, else it waits
serving() {
	local who=$1 peers=$2
	shift 2
	spawn_in=$work/answered wrapped server "$who" "$peers" "$@" -l 127.0.0.1 "$port"
	server=$spawned
	await_port "$port" "$server"
}
calling() {
	local who=$1 peers=$2
	shift 2
	spawn_in=$work/asked wrapped client "$who" "$peers" "$@" 127.0.0.1 "$port"
	client=$spawned
}

event() { local role=$1; shift; [ "$(logged "$dir/$role.log" "$@")" -gt 0 ]; }
same() { cmp -s "$1" "$2"; }

# meet SERVER ITS_PEERS CLIENT ITS_PEERS: both have ended when it returns
meet() {
	case_of
	server_path=$1 client_path=$3
	serving "$1" "$2" -N && calling "$3" "$4" -N && finish 20 "$client"
	finish 20 "$server"
}
id_of() { case $1 in corp/*) echo "$C/${1#*/}" ;; *) echo "$P/${1#*/}" ;; esac; }

# agreed: all bytes went both ways, and each end's log has both IDs
agreed() {
	local s c
	s=$(id_of "$server_path") c=$(id_of "$client_path")
	same "$work/asked" "$dir/server.out" && same "$work/answered" "$dir/client.out" &&
		event server event=handshake_ok role=server "own_id=$s" "peer_id=$c" &&
		event client event=handshake_ok role=client "own_id=$c" "peer_id=$s"
}

# refused BY PHASE CLASS: that end refused, the other was told why, neither program got a byte. For a client whose
# server refuses it the handshake is over by then (RFC 8446 4.4.4: its Finished is the last message).
refused() {
	local other=client told=connection_broken
	[ "$1" = server ] || other=server told=handshake_refused
	[ ! -s "$dir/server.out" ] && [ ! -s "$dir/client.out" ] &&
		event "$1" event=handshake_refused "phase=$2" "error=$3" &&
		event "$other" event=$told "phase=$2" error=ERR_ALERT
}

between() { # NAME SERVER ITS_PEERS CLIENT ITS_PEERS CONDITION...
	local name=$1
	meet "$2" "$3" "$4" "$5"
	shift 5
	"$@"
	verdict $? "$name"
}
