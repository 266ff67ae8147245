#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What somebody may hold up instead of the right SVID: openssl s_client at a server under svidwrap, openssl s_server at a
# client under svidwrap. Nothing of what is said reaches him, nothing of his reaches the program, and the event says why.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"
. "$lab_root/tests/spire/scene.sh"

ID=spiffe://corp.local
a_server_and_agent corp corp.local
corp_api=$agent_api
program ledger nc
program backend "$spire/spire-agent"
program other "$spire/spire-agent"
# By SPIRE's word a backend; its SVID, which the agent renews every five seconds, ends twenty after it was issued.
id=backend program brief "$spire/spire-agent" -x509SVIDTTL 20
a_server_and_agent foreign foreign.example
at=foreign program backend-there "$spire/spire-agent"
agent_api=$corp_api

certs="$work/certs"
mkdir "$certs"
quietly() { "$@" > "$work/openssl.out" 2>&1 || { show "$work/openssl.out"; return 1; }; }
holder() { # NAME: a key and a request for it
	mkdir -p "$certs/$1"
	quietly openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/O=$1" \
		-keyout "$certs/$1/svid.0.key" -out "$certs/$1/request"
}
leaf_like_spires() { # what SPIRE puts into an X.509-SVID, for the ID $1
	printf '%s\n' basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature,keyEncipherment,keyAgreement \
		extendedKeyUsage=serverAuth,clientAuth "subjectAltName=URI:$1"
}

# by nobody but himself
self_made() {
	holder self-made
	leaf_like_spires "$ID/backend" > "$certs/extensions"
	quietly openssl x509 -req -in "$certs/self-made/request" -signkey "$certs/self-made/svid.0.key" -days 1 \
		-extfile "$certs/extensions" -out "$certs/self-made/svid.0.pem"
}
# by a backend, with the key of its genuine SVID: a leaf that plays the authority
issued_by_a_leaf() {
	holder by-a-leaf
	leaf_like_spires "$ID/backend" > "$certs/extensions"
	quietly openssl x509 -req -in "$certs/by-a-leaf/request" -CA "$certs/backend/svid.0.pem" \
		-CAkey "$certs/backend/svid.0.key" -CAcreateserial -days 1 -extfile "$certs/extensions" -out "$certs/by-a-leaf/leaf" &&
		cat "$certs/by-a-leaf/leaf" "$certs/backend/svid.0.pem" > "$certs/by-a-leaf/svid.0.pem"
}
# the very authority of the trust domain, with the key that SPIRE's server keeps: it signs, it is nobody
signing_certificate() {
	mkdir "$certs/authority"
	cp "$certs/backend/bundle.0.pem" "$certs/authority/svid.0.pem"
	"$PYTHON" - "$work/corp/data/keys.json" <<- 'PYTHON' > "$certs/authority/key.der"
		import base64, json, sys
		keys = json.load(open(sys.argv[1]))["keys"]
		sys.stdout.buffer.write(base64.b64decode(keys["x509-CA-A"]))
	PYTHON
	quietly openssl pkey -inform DER -in "$certs/authority/key.der" -out "$certs/authority/svid.0.key"
}

make_certificates() {
	fetch backend "$certs/backend" && fetch other "$certs/other" && at=foreign fetch backend-there "$certs/foreign" &&
		self_made && issued_by_a_leaf && signing_certificate && fetch brief "$certs/expired"
}

# ---- one meeting: the rogue has $certs/$1 ----

secret="the balance is 42" lure="words of a rogue"
scene() { # NAME: nc's rule takes the backend alone; each side has a line to say
	new_case "$1" "$ID/backend" "$ID/backend"
	echo "$secret" > "$dir/secret"
	echo "$lure" > "$dir/lure"
}
shows() { # CERTS: the options of openssl for him
	shown=()
	[ "$1" = none ] || shown=(-cert "$certs/$1/svid.0.pem" -key "$certs/$1/svid.0.key" -cert_chain "$certs/$1/svid.0.pem")
}
as_client() { # CERTS
	scene "${kind:-bad}-client-$1"
	shows "$1"
	spawn_in="$dir/secret" wrapped nc "$work/bin/ledger" -l 127.0.0.1 "$port"
	nc=$spawned
	await_port "$port" "$nc"
	spawn_in="$dir/lure" background rogue openssl s_client -quiet -connect "127.0.0.1:$port" "${shown[@]}"
	rogue=$spawned
}
as_server() { # CERTS
	scene "${kind:-bad}-server-$1"
	shows "$1"
	[ "$1" != none ] || shown=(-nocert)
	mkfifo "$dir/input" && exec {input_fd}<> "$dir/input"
	echo "$lure" >&"$input_fd"
	spawn_in="$dir/input" background rogue openssl s_server -quiet -accept "127.0.0.1:$port" -Verify 1 "${shown[@]}"
	rogue=$spawned
	await_port "$port" "$rogue"
	spawn_in="$dir/secret" wrapped nc "$work/bin/ledger" -N 127.0.0.1 "$port"
	nc=$spawned
}
over() { finish 20 "$1"; [ $? -ne 124 ]; }
nothing_crossed() { ! grep -aq "$secret" "$dir/rogue.out" "$dir/rogue.err" && ! grep -aq "$lure" "$dir/nc.out"; }
refused() { # ROLE PHASE CLASS ALERT: this is in the one event about it, and no handshake went well
	event nc event=handshake_refused "role=$1" "phase=$2" "error=$3" "alert=$4" "own_id=$ID/ledger" &&
		not event nc event=handshake_ok && [ "$(logged "$dir/nc.log" event=handshake_refused)" -eq 1 ]
}
hears() { [ "$1" = - ] || soon holds rogue.err "alert $1"; } # as OpenSSL words it
with_peer() {
	if [ "$1" = - ]; then not holds nc.log '"peer_id"'; else event nc event=handshake_refused "peer_id=$1"; fi
}
saw_a_certificate() { holds rogue.err '^depth=0 '; } # s_server's words when a client sends one

# The genuine one is let in, both ways: what follows is refused for what is held up, not for how.
control() {
	local kind=good
	as_client "$1"
	all "$2 is served" soon holds rogue.out "$secret" , soon holds nc.out "$lure" , \
		event nc event=handshake_ok role=server "peer_id=$ID/backend"
	as_server "$1"
	all "$2 serves" soon holds rogue.out "$secret" , soon holds nc.out "$lure" , \
		saw_a_certificate , event nc event=handshake_ok role=client "peer_id=$ID/backend"
	exec {input_fd}>&-
}
# refusal CERTS WHAT PHASE CLASS ALERT HEARD PEER_ID
refusal() {
	as_client "$1"
	all "a client with $2 is refused ($4)" over "$nc" , over "$rogue" , nothing_crossed , \
		refused server "$3" "$4" "$5" , hears "$6" , with_peer "$7"
	as_server "$1"
	if [ "$1" = none ]; then # TLS 1.3 has no such servers: he is the one who gives up
		set -- "$1" "$2" protocol ERR_ALERT protocol_version - -
	fi
	all "a server with $2 is refused ($4) and sees no certificate of the client's" over "$nc" , nothing_crossed , \
		not saw_a_certificate , refused client "$3" "$4" "$5" , hears "$6" , with_peer "$7"
	exec {input_fd}>&-
}

check "certificates are made and fetched" make_certificates
control expired "a backend whose SVID ends soon"
control backend "another one"
refusal self-made "a certificate of his own making with a backend's ID" \
	authentication ERR_CERT_CHAIN unknown_ca 'unknown ca' "$ID/backend"
refusal foreign "an SVID from another trust domain's SPIRE" \
	authentication ERR_CERT_NO_BUNDLE unknown_ca 'unknown ca' spiffe://foreign.example/backend-there
refusal other "a genuine SVID of an ID that the rule does not name" \
	authorization ERR_PEER_DENIED access_denied 'access denied' "$ID/other"
refusal none "no certificate" authentication ERR_CERT_MISSING certificate_required 'certificate required' -
refusal authority "the trust domain's own signing certificate" \
	authentication ERR_CERT_SVID unsupported_certificate 'unsupported certificate' "$ID"
refusal by-a-leaf "a certificate that a backend's SVID has signed" \
	authentication ERR_CERT_CHAIN bad_certificate 'bad certificate' "$ID/backend"
check "the short SVID ends" until_true 30 not openssl x509 -in "$certs/expired/svid.0.pem" -noout -checkend 0
refusal expired "an SVID that has just ended" \
	authentication ERR_CERT_EXPIRED certificate_expired 'certificate expired' "$ID/backend"
plan
