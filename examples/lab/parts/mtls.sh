# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Part 2 of the scenario: identity is proved with mutual TLS; by openssl, and by plain programs under svidwrap.
wrapped="svidwrap run --policy /etc/svidwrap/client.yaml --log /var/log/svidwrap/client.log --wait 20s --"
facts="grep -E 'Cipher is|Verify return|URI:'"

title "3. The mutual TLS call, with openssl"
note "connect.sh fetches an SVID into a tmpfs and calls openssl s_client; backend.sh did the same for openssl s_server." \
	"Each verifies the other against the trust bundle."
at mtls client connect.sh
claim "the client's call ends with Verify return code: 0" has mtls "Verify return code: 0 (ok)"
claim "the peer of the client's call is spiffe://corp.local/backend" has mtls "peer ID: spiffe://corp.local/backend"
claim "the backend answers, and saw spiffe://corp.local/client" has mtls "seen as: spiffe://corp.local/client"
claim "connect.sh ends with status 0" failed_with 0
note "What makes the client's certificate mandatory is -Verify (lower-case -verify only asks):"
at verify backend grep -n -e -Verify /opt/spire/workload/backend.sh
claim "backend.sh asks for a certificate with -Verify" has verify "-Verify 1 -verify_return_error"

title "The same call by programs that know nothing of TLS"
note "svidwrap gives curl and nc the client's identity; its policy says who may answer. No file, no key, no TLS option."
at policy client cat /etc/svidwrap/client.yaml
log_from client /var/log/svidwrap/client.log
at curl client sh -c "$wrapped curl -sS http://backend:8443/ | $facts"
claim "plain curl under svidwrap gets the page of openssl s_server" has curl "Verify return code: 0 (ok)"
claim "s_server saw curl as spiffe://corp.local/client" has curl "URI:spiffe://corp.local/client"
event "curl's own event says that the peer was spiffe://corp.local/backend" curl-event event=handshake_ok role=client \
	own_id=spiffe://corp.local/client peer_id=spiffe://corp.local/backend
at nc client sh -c "printf 'GET / HTTP/1.0\\r\\n\\r\\n' | $wrapped nc backend 8443 | $facts"
claim "plain nc under svidwrap gets the page too, as spiffe://corp.local/client" has nc "URI:spiffe://corp.local/client"

title "Whoever answers must be who was meant"
note "The same curl with a policy that expects spiffe://corp.local/ledger at that address: the channel would be sound," \
	"but it would lead to somebody else."
at wrong client svidwrap run --policy /etc/svidwrap/wrong.yaml --log /var/log/svidwrap/client.log --wait 20s -- \
	curl -sS http://backend:8443/
claim "curl gets nothing from a peer with another SPIFFE ID" failed
claim "not a line of the page comes from it" lacks wrong BODY
event "the refusal's event says authorization, and that it found spiffe://corp.local/backend" wrong-event event=handshake_refused phase=authorization \
	peer_id=spiffe://corp.local/backend
