#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# svidwrap-labagent, asked by curl (copied to several paths: each copy is another executable to the agent) and judged by
# openssl. Speaks TAP. BUILD names the folder that holds the agent.
set -u
cd "$(dirname "$0")/../.."
here=$PWD/tests/labagent
agent=$(realpath "${BUILD:-build/release}/svidwrap-labagent")
T=$(mktemp -d) || exit 1
chmod 755 "$T"
sock=$T/agent.sock
td=corp.local
id=spiffe://$td
pid=
n=0
trap 'stop; rm -rf "$T"' EXIT
trap 'exit 1' INT TERM

cp /usr/bin/curl "$T/red"
cp /usr/bin/curl "$T/blue"
printf x >> "$T/blue" # another hash
printf '\0\0\0\0\0' > "$T/empty"
mkfifo "$T/ready"

# check NAME COMMAND...: one test
check() {
	name=$1; shift
	n=$((n + 1))
	if "$@" > "$T/said" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		{ echo "# $name: $*"; cat "$T/said" "$T/log" "$T/head" 2> /dev/null; } >&2
	fi
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

# start ARGS...: an agent, listening when this returns 0
start() {
	"$agent" --listen "unix://$sock" --trust-domain "$td" --ready-fd 9 "$@" 9> "$T/ready" 2> "$T/log" &
	pid=$!
	[ "$(timeout 10 wc -c < "$T/ready")" -eq 1 ]
}

stop() {
	[ -n "$pid" ] || return 0
	kill "$pid" 2> /dev/null
	wait "$pid"
	rc=$?
	pid=
	return $rc
}

# call CURL ARGS...: runs until the answer ends or somebody kills it; body in $T/body, headers and trailers in $T/head
call() {
	rm -rf "$T/body" "$T/head" "$T/m"
	: > "$T/body"; : > "$T/head"; mkdir "$T/m"
	curl=$1; shift
	timeout 10 "$curl" -s -N -D "$T/head" -o "$T/body" --http2-prior-knowledge --unix-socket "$sock" \
		-H 'te: trailers' --data-binary "@$T/empty" "$@"
}

url=http://localhost/SpiffeWorkloadAPI/FetchX509SVID
grpc='content-type: application/grpc'
spiffe='workload.spiffe.io: true'
ask() { call "$1" -H "$grpc" -H "$spiffe" "$url"; }

# messages COUNT: waits until the body has so many; splits them into $T/m
messages() {
	tries=0
	until [ "$("$here/decode.py" "$T/body" "$T/m" | wc -l)" -ge "$1" ]; do
		tries=$((tries + 1))
		[ $tries -lt 100 ] || return 1
		sleep 0.05
	done
}

# fetch CURL [COUNT]: asks, waits for COUNT messages (1), hangs up
fetch() {
	ask "$1" &
	caller=$!
	sleep 0.02
	messages "${2:-1}"
	got=$?
	kill "$caller" 2> /dev/null
	wait "$caller"
	return $got
}

# status N: the call ended with this gRPC status
status() { grep -qi "^grpc-status: $1.\{0,1\}\$" "$T/head"; }
denied() { ask "$1"; status 7 && [ ! -s "$T/body" ]; }
issued() { [ "$(cat "$T/m/$1.id")" = "$id/$2" ]; }
described() { [ "$("$here/decode.py" "$T/body")" = "$*" ]; }
text() { openssl x509 -noout -text -in "$1"; }

# ---- the command line ----

refuses() {
	"$agent" "$@" > "$T/said" 2> "$T/log"
	[ $? -eq 2 ] && [ ! -s "$T/said" ] && [ "$(wc -l < "$T/log")" -eq 1 ]
}
bad() { # WHAT ARGS...
	what=$1; shift
	check "the command line is refused in one line: $what" refuses "$@"
}
documented() {
	for word in $("$agent" --help | grep -Eo '^  (--)?[a-z0-9-]+  ?|^  --[a-z-]+'); do
		sed 's/\\-/-/g; s/\\f[A-Z]//g' docs/man/svidwrap-labagent.1 | grep -Eq "(^|[^a-z-])$word([^a-z-]|\$)" || { echo "$word"; return 1; }
	done
}
check "the manual page has every option and fault of --help" documented
base="--listen unix://$sock --trust-domain $td"
help_says() { "$agent" --help | grep -q 'NOT FOR PRODUCTION'; }
check "--help says that it is not for production" help_says
check "--version" sh -c "'$agent' --version | grep -qx 'svidwrap-labagent [0-9.]*'"
bad "nothing at all"
bad "no trust domain" --listen "unix://$sock"
bad "TCP, which has no peer credentials" --listen tcp://127.0.0.1:8081 --trust-domain $td
bad "an unknown option" $base --frobnicate
bad "an option without its value" $base --ttl
bad "an option twice" $base --ttl 5m --ttl 6m
bad "a time without unit" $base --ttl 5
bad "a time of nothing" $base --ttl 0s
bad "an entry without selector" $base --entry $id/a
bad "an empty selector" $base --entry $id/a=unix:uid:0,
bad "an unknown selector" $base --entry $id/a=unix:color:red
bad "a relative path" $base --entry $id/a=unix:path:redis-cli
bad "a uid that is no number" $base --entry $id/a=unix:uid:root
bad "a user who does not exist" $base --entry $id/a=unix:user:no-such-user
bad "a hash of the wrong length" $base --entry $id/a=unix:sha256:00ff
bad "an entry of another trust domain" $base --entry spiffe://other.example/a=unix:uid:0
bad "an entry without path (X509-SVID.md 3.1)" $base --entry $id=unix:uid:0
bad "a malformed SPIFFE ID (SPIFFE-ID.md 2.2)" $base --entry $id/a/../b=unix:uid:0
bad "an unknown fault" $base --fault none-such
bad "a fault with a needless time" $base --fault deny=5s
bad "revoke-after without its time" $base --fault revoke-after
bad "a federated bundle of the own trust domain" $base --federate "$td=/dev/null"
bad "a ready descriptor that is not open" $base --ready-fd 77

# ---- an answer ----

check "it starts and says that it listens" start --ttl 5m --bundle-out "$T/bundle.pem" \
	--ca-dir "$T/ca" \
	--entry "$id/red=unix:path:$T/red" \
	--entry "$id/hash=unix:sha256:$(sha256sum < "$T/blue" | cut -d' ' -f1)" \
	--entry "$id/red-two=unix:uid:$(id -u),unix:path:$T/red" \
	--entry "$id/red-other-user=unix:uid:4242,unix:path:$T/red" \
	--entry "$id/nobody=unix:user:nobody,unix:path:$T/red"
check "the log says where it listens" grep -q "listening on unix://$sock" "$T/log"
check "it says at start that it is not for production" grep -q 'NOT FOR PRODUCTION' "$T/log"
check "any user may connect: the socket has mode 0777" [ "$(stat -c %a "$sock")" = 777 ]
check "the CA's key is readable by its owner alone" [ "$(stat -c %a "$T/ca/ca-key.pem")" = 600 ]

check "a registered path gets an answer" fetch "$T/red"
check "a caller holds all identities whose entries match, in the order of the command line" \
	sh -c "[ \"\$(cat $T/m/0.0.id) \$(cat $T/m/0.1.id)\" = '$id/red $id/red-two' ] && [ ! -e $T/m/0.2.id ]"
openssl x509 -inform DER -in "$T/m/0.0.chain" -out "$T/leaf.pem"
openssl x509 -inform DER -in "$T/m/0.0.bundle" -out "$T/root.pem"
check "the bundle is the one of --bundle-out" cmp "$T/root.pem" "$T/bundle.pem"
check "the leaf verifies against the bundle (X509-SVID.md 5.1)" \
	openssl verify -x509_strict -CAfile "$T/bundle.pem" -purpose sslclient "$T/leaf.pem"
check "the key is unencrypted PKCS#8 and the leaf's" sh -c "[ \"\$(openssl pkcs8 -inform DER -nocrypt -in $T/m/0.0.key |
	openssl pkey -pubout)\" = \"\$(openssl x509 -in $T/leaf.pem -noout -pubkey)\" ]"
text "$T/leaf.pem" > "$T/leaf.txt"
text "$T/root.pem" > "$T/root.txt"
after() { grep -A1 "$2" "$1" | tail -n 1 | grep -qx " *$3"; } # FILE HEADING LINE
check "the leaf has one URI SAN, its SPIFFE ID (X509-SVID.md 2)" after "$T/leaf.txt" 'Alternative Name:' "URI:$id/red"
check "the leaf has a critical keyUsage, digitalSignature alone (X509-SVID.md 4.3)" \
	after "$T/leaf.txt" 'Key Usage: critical' 'Digital Signature'
check "the leaf has serverAuth and clientAuth (X509-SVID.md 4.4)" \
	after "$T/leaf.txt" 'Extended Key Usage:' 'TLS Web Server Authentication, TLS Web Client Authentication'
check "the leaf has cA FALSE, critical (X509-SVID.md 4.1)" after "$T/leaf.txt" 'Basic Constraints: critical' CA:FALSE
check "the root has cA TRUE, critical (X509-SVID.md 4.1)" after "$T/root.txt" 'Basic Constraints: critical' CA:TRUE
check "the root has keyCertSign and cRLSign (X509-SVID.md 4.3)" \
	after "$T/root.txt" 'Key Usage: critical' 'Certificate Sign, CRL Sign'
check "the root's SPIFFE ID has no path (X509-SVID.md 3.2)" after "$T/root.txt" 'Alternative Name:' "URI:$id"
check "the root has a subject key id" grep -q 'Subject Key Identifier' "$T/root.txt"
serial_of() { openssl x509 -inform DER -in "$1" -noout -serial | cut -d= -f2 | tr A-F a-f; }
check "the serial has 16 octets, positive (RFC 5280 4.1.2.2)" \
	sh -c "openssl x509 -in $T/leaf.pem -noout -serial | grep -Eqx 'serial=[4-7][0-9A-F]{31}'"
check "the log names caller, identity and serial" \
	grep -q "exe=$T/red: sent $id/red serial=$(serial_of "$T/m/0.0.chain")" "$T/log"
lasts() {
	a=$(date -d "$(openssl x509 -in "$1" -noout -startdate | cut -d= -f2)" +%s)
	z=$(date -d "$(openssl x509 -in "$1" -noout -enddate | cut -d= -f2)" +%s)
	[ $((z - a)) -eq "$2" ] && [ "$a" -ge $(($(date +%s) - 20)) ] && [ "$a" -le $(($(date +%s) - 10)) ]
}
check "the SVID is valid from 10 s ago for the ttl from now" lasts "$T/leaf.pem" 310

# ---- who is not answered ----

check "an unregistered path is denied" denied /usr/bin/curl
fetch "$T/blue"
check "a registered hash gets its identity" issued 0.0 hash
check "the hash alone decides, not the name" sh -c "[ ! -e $T/m/0.1.id ]"
cp "$T/red" "$T/blue.new" && mv "$T/blue.new" "$T/blue"
check "the same path with another hash is denied" denied "$T/blue"
printf x >> "$T/blue"
# Root without CAP_SYS_PTRACE (in a container) may not look at another user's executable; neither may the agent.
sees_other_users() {
	[ "$(id -u)" -eq 0 ] || return 1
	setpriv --reuid nobody --regid nogroup --clear-groups sleep 5 &
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		case $(readlink "/proc/$!/exe" 2>&1) in
		*/sleep) kill $!; return 0 ;;
		esac
		sleep 0.02
	done
	kill $!
	return 1
}
if sees_other_users 2> /dev/null; then
	printf '#!/bin/sh\nexec setpriv --reuid nobody --regid nogroup --clear-groups %s "$@"\n' "$T/red" > "$T/as-nobody"
	chmod 755 "$T/as-nobody"
	chmod 777 "$T"
	: > "$T/body"
	as_nobody() {
		rm -rf "$T/body" "$T/m"; mkdir "$T/m"
		timeout 1 "$T/as-nobody" -s -N --http2-prior-knowledge --unix-socket "$sock" -H "$grpc" -H "$spiffe" \
			--data-binary "@$T/empty" "$url" > "$T/body"
		"$here/decode.py" "$T/body" "$T/m"
		issued 0.0 red && issued 0.1 nobody && [ ! -e "$T/m/0.2.id" ]
	}
	check "another user at the same path gets that user's identities" as_nobody
else
	skip "another user at the same path gets that user's identities" "needs root with CAP_SYS_PTRACE"
fi
no_header() { call "$T/red" -H "$grpc" "$@" "$url"; status 3 && [ ! -s "$T/body" ]; }
check "without the security header: InvalidArgument (Workload Endpoint 3)" no_header
check "with another value of the security header: InvalidArgument" no_header -H 'workload.spiffe.io: yes'
unknown() { call "$T/red" -H "$grpc" -H "$spiffe" "http://localhost/SpiffeWorkloadAPI/FetchJWTSVID"; status 12; }
check "an unknown method: Unimplemented" unknown
no_grpc() { call "$T/red" -H 'content-type: text/plain' -H "$spiffe" "$url"; grep -q '^HTTP/2 415' "$T/head"; }
check "a request that is no gRPC: HTTP 415" no_grpc
orphan() { "$here/orphan.py" "$sock" > "$T/orphan"; grep -q 'could not attest the caller: process [0-9]* has ended' "$T/log"; }
check "a connection whose opener has ended gets nothing" orphan
junk() { printf 'GET / HTTP/1.0\r\n\r\n' | timeout 1 nc -NU "$sock" > "$T/junk"; kill -0 "$pid"; }
check "it survives a client that speaks something else" junk

# ---- rotation ----

usr1() {
	ask "$T/red" &
	caller=$!
	messages 1 && kill -USR1 "$pid" && messages 2
	got=$?
	kill "$caller"; wait "$caller"
	[ $got -eq 0 ] && issued 1.0 red && ! cmp -s "$T/m/0.0.chain" "$T/m/1.0.chain" && cmp "$T/m/0.0.bundle" "$T/m/1.0.bundle"
}
check "SIGUSR1 pushes new SVIDs of the same CA on open streams" usr1
many() {
	i=0
	before=$(grep -c "sent $id/red serial" "$T/log")
	pids=
	while [ $i -lt 20 ]; do
		timeout 5 "$T/red" -s -N --http2-prior-knowledge --unix-socket "$sock" -H "$grpc" -H "$spiffe" \
			--data-binary "@$T/empty" "$url" > "$T/many.$i" &
		pids="$pids $!"
		i=$((i + 1))
	done
	tries=0
	until [ "$(find "$T" -name 'many.*' -size +0 | wc -l)" -eq 20 ]; do
		tries=$((tries + 1)); [ $tries -lt 80 ] || break
		sleep 0.05
	done
	kill $pids; wait $pids
	[ $tries -lt 80 ] && [ "$(grep -c "sent $id/red serial" "$T/log")" -eq $((before + 20)) ]
}
check "twenty callers hold streams at once" many

# ---- start and end ----

second() { "$agent" --listen "unix://$sock" --trust-domain $td 2> "$T/log2"; [ $? -eq 1 ] && grep -q 'in use' "$T/log2"; }
check "a second agent on the same socket is refused" second
check "SIGTERM ends it with status 0" stop
check "its socket is gone" [ ! -e "$sock" ]
start --ca-dir "$T/ca" --entry "$id/red=unix:path:$T/red"
kill -9 "$pid"; wait "$pid" 2> /dev/null; pid=
check "a socket left by a killed agent is replaced" start --ttl 2s --ca-dir "$T/ca" --bundle-out "$T/bundle2.pem" \
	--entry "$id/red=unix:path:$T/red"
check "--ca-dir keeps the CA across restarts" cmp "$T/bundle.pem" "$T/bundle2.pem"
check "a new SVID is pushed at half life" fetch "$T/red" 2
check "the pushed SVID has the same ID and another serial" \
	sh -c "cmp -s $T/m/0.0.id $T/m/1.0.id && ! cmp -s $T/m/0.0.chain $T/m/1.0.chain"
stop
: > "$sock"
check "a file that is no socket is not removed" sh -c "! '$agent' $base 2> /dev/null && [ -f $sock ]"
rm -f "$sock"
fails() { "$agent" --trust-domain "$1" --ca-dir "$T/ca" 2> "$T/log"; [ $? -eq 1 ]; }
check "the CA of another trust domain is refused" fails other.example
chmod 644 "$T/ca/ca-key.pem"
check "a CA key that others can read is refused" fails $td

# ---- faults ----

# Certificates, all from one agent that only writes files.
shapes='expired not-yet-valid ca-leaf two-uris no-uri root-path no-keyusage noncritical-keyusage keycertsign-leaf
	eku-server-only foreign-ca wrong-key wrong-id no-chain no-key no-bundle crl'
set -- --issue "$id/right=$T/right"
for f in $shapes; do set -- "$@" --issue "$id/$f=$T/$f" --fault "$f@$id/$f"; done
check "--issue without --listen writes files and ends" "$agent" --trust-domain $td --bundle-out "$T/b.pem" "$@"
verifies() { openssl verify -x509_strict -CAfile "$T/b.pem" "$T/$1/svid.pem"; }
says() { text "$T/$1/svid.pem" | grep -q "$2"; }
lacks() { ! says "$1" "$2"; }
fits() { [ "$(openssl pkey -in "$T/$1/key.pem" -pubout)" = "$(openssl x509 -in "$T/$1/svid.pem" -noout -pubkey)" ]; }
unfit() { ! fits "$1"; }
rejected() { verifies "$1" 2>&1 | grep -q "$2"; }
check "--issue: the SVID verifies" verifies right
check "--issue: the key is the leaf's" fits right
check "--issue: the key is readable by its owner alone" [ "$(stat -c %a "$T/right/key.pem")" = 600 ]
check "--issue: bundle.pem is the CA's" cmp "$T/right/bundle.pem" "$T/b.pem"
check "fault expired" rejected expired 'certificate has expired'
check "fault not-yet-valid" rejected not-yet-valid 'not yet valid'
check "fault foreign-ca" rejected foreign-ca 'unable to get local issuer\|signature failure'
check "fault ca-leaf" says ca-leaf CA:TRUE
check "fault two-uris" says two-uris "URI:$id/two-uris, URI:"
check "fault no-uri" lacks no-uri URI:
check "fault root-path" says root-path "URI:$id\$"
check "fault no-keyusage" lacks no-keyusage '[^d] Key Usage:'
check "fault noncritical-keyusage" says noncritical-keyusage '509v3 Key Usage: *$'
check "fault keycertsign-leaf" says keycertsign-leaf 'Digital Signature, Certificate Sign'
check "fault eku-server-only" lacks eku-server-only 'Client Authentication'
check "fault wrong-key" unfit wrong-key
check "fault wrong-id" says wrong-id "URI:$id/wrong-id\$"
check "fault no-chain" sh -c "[ -f $T/no-chain/svid.pem ] && [ ! -s $T/no-chain/svid.pem ]"
check "fault no-key" sh -c "[ -f $T/no-key/key.pem ] && [ ! -s $T/no-key/key.pem ]"
check "fault no-bundle" sh -c "[ -f $T/no-bundle/bundle.pem ] && [ ! -s $T/no-bundle/bundle.pem ]"

# Answers: one agent, an ID with its fault for each copy of curl.
answers='garbage-message huge-message empty-svids hang disconnect deny unavailable revoke-after=1s no-spiffe-id'
set -- --entry "$id/red=unix:path:$T/red" --fault "crl@$id/red" --federate "partner.example=$T/bundle.pem"
for f in $answers; do
	ln "$T/red" "$T/${f%=*}" # a name of its own, and so a path of its own
	set -- "$@" --entry "$id/${f%=*}=unix:path:$T/${f%=*}" --fault "$f@$id/${f%=*}"
done
check "an agent with faults for some IDs starts" start "$@"
gets() { fetch "$T/$1" && shift && described "$*" ; }
check "fault garbage-message" gets garbage-message garbage bytes 64
huge() { fetch "$T/huge-message" && [ "$(wc -c < "$T/body")" -gt 16777216 ]; }
check "fault huge-message" huge
empty() { fetch "$T/empty-svids" && "$here/decode.py" "$T/body" | grep -q '^svids 0 crls 1 federated 1 '; }
check "fault empty-svids" empty
silent() {
	rm -f "$T/body"
	timeout 1 "$T/hang" -s --http2-prior-knowledge --unix-socket "$sock" -o "$T/body" "$url"
	[ $? -eq 124 ] && [ ! -s "$T/body" ] && grep -q 'left without a word' "$T/log"
}
check "fault hang" silent
dropped() { ask "$T/disconnect"; rc=$?; "$here/decode.py" "$T/body" "$T/m"; issued 0.0 disconnect && [ $rc -ne 0 ] && [ $rc -ne 124 ]; }
check "fault disconnect: one message, then the connection closes without a status" dropped
check "fault deny" denied "$T/deny"
unavailable() { ask "$T/unavailable"; status 14; }
check "fault unavailable" unavailable
revoked() { ask "$T/revoke-after"; "$here/decode.py" "$T/body" "$T/m"; issued 0.0 revoke-after && status 7; }
check "fault revoke-after: PermissionDenied on the open stream" revoked
check "fault revoke-after: and to whoever asks later" denied "$T/revoke-after"
no_id() { fetch "$T/no-spiffe-id" && [ -e "$T/m/0.0.id" ] && [ ! -s "$T/m/0.0.id" ] && [ -s "$T/m/0.0.chain" ]; }
check "fault no-spiffe-id" no_id
crl() {
	fetch "$T/red" && openssl crl -inform DER -in "$T/m/0.crl" -noout -text |
		grep -qi "Serial Number: $(serial_of "$T/m/0.0.chain")" &&
		openssl x509 -inform DER -in "$T/m/0.0.bundle" -out "$T/root.pem" &&
		openssl crl -inform DER -in "$T/m/0.crl" -CAfile "$T/root.pem" -noout 2>&1 | grep -q 'verify OK'
}
check "fault crl: the CRL verifies and lists the SVID" crl
check "IDs without a fault are right" issued 0.0 red
check "--federate hands out the foreign bundle, keyed by its trust domain's SPIFFE ID" \
	[ "$(cat "$T/m/0.federated")" = spiffe://partner.example ]
check "the agent with faults ends in order" stop
ln -s "$T/red" "$T/link"
start --entry "$id/link=unix:path:$T/link"
check "a selector that names a symbolic link is warned about" grep -q "write unix:path:$T/red" "$T/log"
check "and matches no process" denied "$T/link"
check "SIGINT ends it too" sh -c "kill -INT $pid"
wait "$pid"; pid=
check "and its socket is gone" [ ! -e "$sock" ]
echo "1..$n"
