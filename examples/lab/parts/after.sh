# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The same programs under svidwrap: the ledger knows that it is really the backend.
token=$(inside backend sh -c 'echo "$LEDGER_TOKEN"')
answer="account 42: balance 1000000 EUR"

only_entrypoints() { [ "$(sed -n '/^services:/,$ s/^    \([a-z_]*\):.*/\1/p' "$lab/compose.after.yml" | sort -u)" = entrypoint ]; }
only_tls() { ! has "$1" "not TLS" && [ "$(grep -c "every byte belongs to a TLS record" "$out/$1.txt")" -eq 2 ]; }

title "After: the same programs, run by svidwrap"
record after-diff "grep -v '^#' compose.after.yml" grep -v '^#' "$lab/compose.after.yml"
claim "the upgrade's compose file has entrypoints and nothing else" only_entrypoints
ledger_is before
the_ledger_is before
ledger_is after
the_ledger_is after
claim "the ledger's container has the image, command, environment, volumes and network it had" \
	cmp "$out/before.inspect" "$out/after.inspect"
at after-policy ledger cat /etc/svidwrap/ledger.yaml
log_from ledger /var/log/svidwrap/ledger.log
neighbour_listens
call_ledger after-call
claim "after: the backend gets the balance, with the same command" has after-call "$answer"
note "What the neighbour saw:"
neighbour_tells after-wire
claim "after: every byte on the network belongs to a TLS record, both ways" only_tls after-wire
claim "after: no token is on the network" lacks after-wire "$token"
claim "after: no balance is on the network" lacks after-wire balance
event "the ledger's log says that it was spiffe://corp.local/backend" after-event event=handshake_ok role=server \
	peer_id=spiffe://corp.local/backend own_id=spiffe://corp.local/ledger

title "After: who knows the token"
note "rogue, with the right token:"
at after-rogue rogue curl -sS --max-time 10 -H "Authorization: Bearer $token" http://ledger:8080/accounts/42
claim "the rogue with the right token gets nothing" failed
claim "the rogue with the right token gets no HTTP at all" lacks after-rogue "account"
event "the ledger's log says that the rogue spoke no TLS" after-rogue-event event=handshake_refused role=server phase=protocol
at after-rogue-wrapped rogue svidwrap run --policy /etc/svidwrap/client.yaml --log /tmp/rogue.log --wait 2s -- \
	curl -sS -H "Authorization: Bearer $token" http://ledger:8080/accounts/42
claim "under svidwrap the rogue has no identity to show" failed_with 125
at after-pretend rogue pretend.sh ledger:8080 spiffe://corp.local/backend
claim "the rogue's self-made certificate for spiffe://corp.local/backend is refused" has after-pretend alert
event "the ledger's log calls the self-made certificate a failed authentication" after-pretend-event event=handshake_refused role=server \
	phase=authentication

title "After: the client has a valid SVID, and is refused"
log_from client /var/log/svidwrap/client.log
client_line=$log_line
log_from ledger /var/log/svidwrap/ledger.log
at after-client client svidwrap run --policy /etc/svidwrap/client.yaml --log /var/log/svidwrap/client.log --wait 20s -- \
	curl -sS --max-time 10 -H "Authorization: Bearer $token" http://ledger:8080/accounts/42
claim "the client, with a valid SVID and the right token, gets nothing" failed
claim "the client is not shown the balance" lacks after-client balance
event "the ledger's log: authenticated as spiffe://corp.local/client, denied by authorization" after-client-ledger \
	event=handshake_refused role=server phase=authorization peer_id=spiffe://corp.local/client
log_service=client log=/var/log/svidwrap/client.log log_line=$client_line
tail=2 event "the client's own log: it reached spiffe://corp.local/ledger" after-client-up event=handshake_ok role=client \
	own_id=spiffe://corp.local/client peer_id=spiffe://corp.local/ledger
claim "the client's own log: denied there by authorization, alert access_denied" event_came after-client-denied role=client \
	phase=authorization alert=access_denied

title "After: openssl with SVID files against the ledger under svidwrap"
at after-connect backend connect.sh ledger:8080 spiffe://corp.local/ledger /accounts/42
claim "openssl s_client verifies the ledger: Verify return code: 0" has after-connect "Verify return code: 0 (ok)"
claim "openssl s_client sees spiffe://corp.local/ledger" has after-connect "peer ID: spiffe://corp.local/ledger"
claim "openssl s_client with the backend's SVID gets the balance" has after-connect "$answer"
at after-connect-client client env "LEDGER_TOKEN=$token" connect.sh ledger:8080 spiffe://corp.local/ledger /accounts/42
claim "the client's openssl s_client is refused: access denied" has after-connect-client "alert access denied"
claim "openssl s_client with the client's SVID gets no balance" lacks after-connect-client balance

title "After: the token can go"
note "Nobody is let in for knowing it any more. Without it in any environment (LEDGER_TOKEN= docker-compose up -d):"
export LEDGER_TOKEN=
compose up -d --no-deps backend > "$work/up.out" 2>&1
ledger_is after
environment_of() { docker inspect -f '{{join .Config.Env "\n"}}' "$(container backend)" "$(container ledger)" | grep LEDGER; }
record after-env "docker inspect -f '{{join .Config.Env \"\\n\"}}' BACKEND LEDGER | grep LEDGER" environment_of
claim "the token is taken from the environment" lacks after-env "$token"
call_ledger after-tokenless
claim "without any token the backend gets the balance" has after-tokenless "$answer"
at after-tokenless-rogue rogue curl -sS --max-time 10 http://ledger:8080/accounts/42
claim "without any token the rogue gets nothing" failed
at after-tokenless-client client connect.sh ledger:8080 spiffe://corp.local/ledger /accounts/42
claim "without any token the client gets no balance" lacks after-tokenless-client balance
unset LEDGER_TOKEN
compose up -d --no-deps backend > "$work/up.out" 2>&1
ledger_is after
