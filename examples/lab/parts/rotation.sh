# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Stretch: SVIDs that live for a minute rotate under an open connection. About 90 s.
. "$lab/entries.sh"
seconds=90
title "Stretch: SVIDs that live for a minute, and a connection that lives longer"
ttl_words=(-x509SVIDTTL 60)
for name in backend ledger; do
	typed_entry=1 entry $name "docker:label:com.corp.svc:$name"
done
short_lived() { inside "$1" svidwrap svid | grep -q '([01] min [0-9]* s left)'; }
until_true 20 short_lived backend && until_true 20 short_lived ledger || lab_stop "the entries did not reach the agent"
compose_files=after compose rm -sf ledger > "$work/rm.out" 2>&1 # so that it starts with such an SVID
ledger_is after
log_from ledger /var/log/svidwrap/ledger.log

note "For $seconds s, the backend asks once a second on one connection; every ten seconds another one comes and goes."
hold=(svidwrap run --policy /etc/svidwrap/backend.yaml --log /var/log/svidwrap/backend.log --wait 20s -- hold.py $seconds)
spawn held docker exec "$(container backend)" "${hold[@]}"
gone() { ! alive "$1"; }
held=$spawned calls=0 came=0
while alive "$held"; do
	next=$((SECONDS + 10))
	! compose run --rm -T backend-call 2> /dev/null < /dev/null | grep -q "^account 42" || came=$((came + 1))
	calls=$((calls + 1))
	until_true $((next > SECONDS ? next - SECONDS : 0)) gone "$held"
done
record rotation-held "${compose_words[*]} exec backend $(typed "${hold[@]}")" sh -c "cat $work/held.out $work/held.err"
held_answers() { [ "$(sed -n 's/ answers on one connection//p' "$out/rotation-held.txt")" -gt $((seconds * 8 / 10)) ]; }
claim "a connection held for $seconds s answers once a second, all the time" held_answers
claim "every new connection meanwhile works" [ "$calls" -gt 3 -a "$came" -eq "$calls" ]
tail=16 event "the ledger's SVID rotates meanwhile" rotation-events event=svid_rotated

# serials MEMBER: in the handshakes
serials() { sed -n "/\"handshake_ok\"/s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" "$out/rotation-events.json" | sort -u | wc -l; }
claim "new connections show three or more serials of the ledger: two rotations at least" [ "$(serials own_serial)" -ge 3 ]
claim "new connections show three or more serials of the backend" [ "$(serials peer_serial)" -ge 3 ]
claim "the held connection had one handshake" [ "$(logged "$out/rotation-events.json" event=handshake_ok)" -eq $((calls + 1)) ]
ttl_words=(-x509SVIDTTL 0)
for name in backend ledger; do entry $name "docker:label:com.corp.svc:$name"; done
