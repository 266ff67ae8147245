#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Mutual TLS with OpenSSL's own plumbing: fetches this workload's SVID, connects, shows how the peer was verified and
# who it is, sends a request. The status is 0 if the peer has the SPIFFE ID that is expected.
# usage: connect.sh [HOST:PORT [EXPECTED_ID [PATH]]]
set -eu
. /opt/spire/workload/svid.sh
to=${1:-backend:8443}
expected=${2:-spiffe://corp.local/backend}
path=${3:-/}
session=/run/svid/session
token=${LEDGER_TOKEN:+Authorization: Bearer $LEDGER_TOKEN}

fetch_svid > /run/svid/fetch.out 2>&1 || { cat /run/svid/fetch.out; exit 1; }
echo "own ID:  $(openssl x509 -in $svid/svid.0.pem -noout -ext subjectAltName | spiffe_id)"
status=0
printf 'GET %s HTTP/1.0\r\nHost: %s\r\n%s\r\n\r\n' "$path" "${to%:*}" "${token:-Accept: */*}" |
	timeout 15 openssl s_client -connect "$to" -tls1_3 -ign_eof \
		-cert $svid/svid.0.pem -key $svid/svid.0.key -CAfile $svid/bundle.0.pem -verify_return_error \
		> $session 2>&1 || status=$?
peer=$(openssl x509 -in $session -noout -ext subjectAltName 2> /dev/null | spiffe_id)
echo "peer ID: ${peer:-none shown}"
# s_client says 0 (ok) too where the peer showed no certificate at all
[ -z "$peer" ] || grep -m 1 -E 'Verif(y return code|ication error)' $session | sed 's/^ *//' || true
grep -E 'alert|error:' $session | sed 's/^.*routines:[^:]*://; s/:[^:]*rec_layer[^:]*:[0-9]*//; s/^/alert:   /' || true
sed -n '/^HTTP\/1/,/^closed/ { s/\r$//; /^closed/d; p }' $session > $session.answer
seen=$(spiffe_id < $session.answer)
if [ -n "$seen" ]; then # the backend's status page says whom it saw
	echo "answer:  $(head -n 1 $session.answer)"
	echo "seen as: $seen"
else
	sed '1,/^$/d; s/^/answer:  /' $session.answer
fi
rm -f $session $session.answer
[ "$peer" = "$expected" ] || { echo "the peer is not $expected" >&2; exit 1; }
exit $status
