#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Two trust domains that federate: who is served, who is refused and why, for how long. The programs are Debian's nc, and
# OpenSSL's s_client and s_server with certificates that the test signs with the domains' own authorities.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"

if ! have_svidwrap || ! have_spire; then
	skip "federation of two SPIRE servers" "${spire_why:-svidwrap is not built}"
	plan
fi
. "$lab_root/tests/spire/federating.sh"

# ---- a partner that is named, and all others ----

named_partners() {
	between "a partner that the policy names is served, and both logs name both domains" \
		corp/ledger "$P/billing" partner/billing "$C/ledger" agreed
	between "a partner's server that the policy names is called, and both logs name both domains" \
		partner/billing "$C/ledger" corp/ledger "$P/billing" agreed
	between "another ID of the partner is refused, though a neighbour has the same path" \
		corp/ledger "$P/billing, $C/backend" partner/backend "$C/ledger" refused server authorization ERR_PEER_DENIED
	between "and that neighbour is served by the same policy" \
		corp/ledger "$P/billing, $C/backend" corp/backend "$C/ledger" agreed
	between "another ID of the partner is refused as a server" \
		partner/backend "$C/ledger" corp/ledger "$P/billing, $C/backend" refused client authorization ERR_PEER_DENIED
	between "a wildcard over the partner's domain takes its IDs" \
		corp/ledger "\"$P/*\"" partner/backend "\"$C/*\"" agreed
	between "a wildcard over the partner's domain takes none of ours" \
		corp/ledger "\"$P/*\"" corp/backend "\"$C/*\"" refused server authorization ERR_PEER_DENIED
	between "a wildcard over our domain takes none of the partner's" \
		corp/ledger "\"$C/*\"" partner/billing "$C/ledger" refused server authorization ERR_PEER_DENIED
	between "domains whose names begin or end like the partner's are others" \
		corp/ledger "\"$P.corp.local/**\", \"${P%e}/**\", \"spiffe://my-${P#*//}/**\"" partner/billing "$C/ledger" \
		refused server authorization ERR_PEER_DENIED
}

# The entry decides what a workload trusts, not the server: no federatesWith, no bundle.
unfederated() {
	between "a server whose entry does not federate cannot tell who the partner is" \
		corp/lonely "$P/billing" partner/billing "$C/lonely" refused server authentication ERR_CERT_NO_BUNDLE
	between "a client whose entry does not federate cannot tell who the partner is" \
		partner/billing "$C/lonely" corp/lonely "$P/billing" refused client authentication ERR_CERT_NO_BUNDLE
	between "it still knows its own domain" corp/lonely "$C/backend" corp/backend "$C/lonely" agreed
}

# ---- whose CA vouches for whom ----

# openssl_end ROLE COMMAND OPTION...: s_client or s_server with the last leaf; its input is $input_fd. It trusts anyone.
openssl_end() {
	local role=$1 command=$2
	shift 2
	mkfifo "$dir/input" && exec {input_fd}<> "$dir/input"
	spawn_in="$dir/input" spawn "$case_name/$role" openssl "$command" -quiet -cert "$work/leaf/leaf.pem" \
		-key "$work/leaf/key.pem" -cert_chain "$work/leaf/chain.pem" "$@"
	case_pids+=("$spawned")
}

# heard PROGRAM OPENSSL: what each was told reached the other
heard() {
	local told="$work/asked"
	[ "$1" = client ] || told="$work/answered"
	timeout 10 cat "$work/words" >&"$input_fd"
	until_true 10 same "$work/words" "$dir/$1.out" && until_true 10 same "$told" "$dir/$2.out"
}
ended_unheard() { # PROGRAM OPENSSL
	timeout 10 cat "$work/words" >&"$input_fd"
	finish 15 "$wrapped_pid"
	[ ! -s "$dir/$1.out" ] && [ ! -s "$dir/$2.out" ] &&
		event "$1" event=handshake_refused phase=authentication error=ERR_CERT_CHAIN "peer_id=$claimed"
}

met() { # PROGRAM OPENSSL VERDICT
	if [ "$3" = accepted ]; then
		heard "$1" "$2" && event "$1" event=handshake_ok "peer_id=$claimed"
	else
		ended_unheard "$1" "$2"
	fi
}

# vouch CA ID WORKLOAD VERDICT: CA signs a leaf for ID, and the workload, whose policy wants just that ID, meets it as
# a client and as a server.
vouch() {
	local who=$3 by=$1 words
	[ "${1%-below}" = "$1" ] || by="an intermediate of ${1%-below}"
	claimed=$2
	words="$4 with a leaf for ${claimed#*//} signed by $by"
	leaf leaf "$1" "$claimed"
	case_of
	serving "$who" "$claimed"
	wrapped_pid=$server
	openssl_end client s_client -connect "127.0.0.1:$port"
	met server client "$4"
	verdict $? "at $(id_of "$who"), a client is $words"
	case_of
	openssl_end server s_server -accept "127.0.0.1:$port" -Verify 1 -naccept 1
	await_port "$port" "$spawned"
	calling "$who" "$claimed"
	wrapped_pid=$client
	met client server "$4"
	verdict $? "at $(id_of "$who"), a server is $words"
}

vouching() {
	head -c 5000 "$work/asked" > "$work/words"
	intermediate partner-ca
	vouch partner-ca "$P/billing" corp/ledger accepted
	vouch partner-ca-below "$P/billing" corp/ledger accepted
	vouch partner-ca "$C/backend" corp/ledger refused
	vouch partner-ca-below "$C/backend" corp/ledger refused
	vouch partner-ca "$C/backend" partner/billing refused
	vouch corp-ca "$C/backend" partner/billing accepted
	vouch corp-ca "$P/billing" partner/billing refused
	vouch corp-ca "$P/billing" corp/ledger refused
}

# ---- the partner's authority changes; the federation ends ----

authority_id() { sed -n 's/.*Authority ID: *//p' | tail -1; }
authorities_are() { # PROGRAM COUNT: how many of the partner's that workload trusts; 0, that it names no such domain
	"$work/bin/corp/$1" svid --agent "${api[corp]}" > "$work/$1.svid" 2>&1 || return 1
	if [ "$2" -eq 0 ]; then ! grep -q partner.example "$work/$1.svid"; else
		grep -q "^trusts  *partner.example, $2 authorit" "$work/$1.svid"
	fi
}

# A server that is up from before the partner's rotation until after the end of the federation: all that it learns comes
# on the stream that it holds. nc -k answers its first client only: then its input is at its end.
steady_server() {
	case_of
	serving corp/ledger "$P/billing, $P/late" -N -k
	steady_dir=$dir steady_port=$port steady_name=$case_name
	case_pids=()
}
steady_client() {
	dir=$steady_dir port=$steady_port case_name=$steady_name
	: > "$dir/server.out"
	rm -f "$dir/client.log"
	calling "$1" "$C/ledger" -N
	finish 15 "$client"
}
steady_serves() {
	steady_client "$1"
	tail -c 300000 "$dir/server.out" | same "$work/asked" - && event client event=handshake_ok "own_id=$(id_of "$1")" &&
		event server event=handshake_ok "peer_id=$(id_of "$1")"
}
steady_refuses() { # CLIENT CLASS
	steady_client "$1"
	refused server authentication "$2"
}

# Another root for the partner's server; what it issues from then on chains to that one. Until corp fetches the
# partner's bundle again, that is a stranger's.
rotation() {
	local new
	steady_server
	steady_serves partner/billing
	verdict $? "before the partner rotates its authority, it is served"
	authority next partner.example && mv "$work/next.key" "$work/partner-ca.key" && mv "$work/next.pem" "$work/partner-ca.pem"
	new=$(at_server partner localauthority x509 prepare | authority_id)
	at_server partner localauthority x509 activate -authorityID "$new" > /dev/null
	workload partner late "$nc" -federatesWith "$C"
	steady_refuses partner/late ERR_CERT_CHAIN
	verdict $? "what the partner's new authority issues is refused before its bundle is fetched"
	at_server corp federation refresh -id "$P" > "$work/refresh.out" 2>&1
	until_true 15 authorities_are asker 2
	ok $? "a refresh carries the partner's new authority to corp's workloads"
	until_true 5 steady_serves partner/late
	verdict $? "what the new authority issued is served then by the server that was up all along"
	between "and trusted as a server" partner/late "$C/ledger" corp/ledger "$P/late" agreed
	between "what the old authority issued is served still" \
		corp/ledger "$P/billing" partner/billing "$C/ledger" agreed
}

# Whoever asks the agent anew hears of the end at once; streams that stand, when SPIRE's server next looks at its entries
# (every five seconds).
ending() {
	steady_serves partner/billing
	verdict $? "while they federate, a server serves the partner"
	at_server corp bundle delete -id "$P" -mode dissociate > "$work/delete.out" 2>&1
	until_true 15 authorities_are asker 0
	ok $? "when the federation has ended, corp's workloads trust the partner no more"
	until_true 15 steady_refuses partner/billing ERR_CERT_NO_BUNDLE
	verdict $? "that server refuses the partner once its agent has said so"
	between "a partner's server is refused from then on" \
		partner/billing "$C/ledger" corp/ledger "$P/billing" refused client authentication ERR_CERT_NO_BUNDLE
	between "neighbours are still served" corp/ledger "$C/backend" corp/backend "$C/ledger" agreed
}

nc=$(command -v nc)
domains > "$work/domains.out" 2>&1 &&
	workload corp ledger "$nc" -federatesWith "$P" && workload corp backend "$nc" && workload corp lonely "$nc" &&
	workload corp asker "$BUILD/svidwrap" -federatesWith "$P" &&
	workload partner billing "$nc" -federatesWith "$C" && workload partner backend "$nc" -federatesWith "$C"
check "two SPIRE servers federate, each with its agent" [ $? -eq 0 ]
[ $tap_failed -eq 0 ] || { show "$work/domains.out" "$work"/*-server.out "$work"/*-agent.out; plan; }
named_partners
unfederated
vouching
rotation
ending
plan
