# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Part 3 of the scenario: no identity, no access.
title "5. The unregistered workload"
note "rogue is on the same network and has the same socket; no entry knows its label."
at deny-fetch rogue spire-agent api fetch x509 -socketPath "${api#unix://}"
claim "the agent refuses the rogue an SVID" has deny-fetch "PermissionDenied"
claim "the rogue sees no SPIFFE ID" lacks deny-fetch spiffe://
note "It tries all the same: without a certificate,"
at deny-bare rogue pretend.sh backend:8443
claim "without a certificate the handshake is refused: certificate required" has deny-bare "alert certificate required"
claim "without a certificate nothing is answered" lacks deny-bare HTTP/
note "with a certificate of its own making that claims to be the client,"
at deny-self rogue pretend.sh backend:8443 spiffe://corp.local/client
claim "a self-made certificate for spiffe://corp.local/client is refused: unknown ca" has deny-self "alert unknown ca"
claim "nothing is answered to the self-made certificate" lacks deny-self HTTP/
note "in plain HTTP,"
at deny-plain rogue curl -sS --max-time 10 http://backend:8443/
claim "plain HTTP gets nothing from the backend" failed
note "and under svidwrap with the client's own policy."
at deny-svidwrap rogue svidwrap run --policy /etc/svidwrap/client.yaml --log /tmp/rogue.log --wait 2s -- curl -sS http://backend:8443/
claim "svidwrap does not even start a program for which there is no identity" failed_with 125
claim "svidwrap says why: the agent answered PermissionDenied" has deny-svidwrap "no identity within 2s: the agent at $api answered PermissionDenied"
log_from rogue /tmp/rogue.log
at deny-later rogue svidwrap run --policy /etc/svidwrap/rogue.yaml --log /tmp/rogue.log -- curl -sS http://backend:8443/
claim "without --wait the rogue's connection fails" failed
event "the rogue's event says that the agent gave it no identity" deny-event event=handshake_refused phase=identity
