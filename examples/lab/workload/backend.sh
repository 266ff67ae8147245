#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The backend with OpenSSL's own plumbing: fetches its SVID at run time and serves a status page over mutual TLS.
# s_server reads its files once, so it is restarted with a new SVID well before the old one ends.
set -eu
. /opt/spire/workload/svid.sh
port=8443
server=
trap '[ -z "$server" ] || kill "$server" 2> /dev/null; exit 0' TERM INT

while :; do
	until fetch_svid > /run/svid/fetch.out 2>&1; do
		echo "waiting for an SVID: $(tail -n 1 /run/svid/fetch.out)"
		sleep 1
	done
	[ -z "$server" ] || { kill $server; wait $server 2> /dev/null || true; }
	# -Verify (with a capital V) is what makes a client certificate mandatory; -verify_return_error ends the handshake
	# if that certificate does not lead to the bundle. No tickets: each connection proves who it is.
	openssl s_server -accept $port -www -tls1_3 -num_tickets 0 \
		-cert $svid/svid.0.pem -key $svid/svid.0.key -CAfile $svid/bundle.0.pem \
		-Verify 1 -verify_return_error &
	server=$!
	echo "serving on port $port as $(openssl x509 -in $svid/svid.0.pem -noout -ext subjectAltName | spiffe_id)"
	ends=$(date -d "$(openssl x509 -in $svid/svid.0.pem -noout -enddate | cut -d = -f 2)" +%s)
	sleep $(((ends - $(date +%s)) / 2 + 1)) &
	wait $! || true
done
