#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The signing authority is replaced twice: prepare, activate, taint, revoke; the second time the agent is down when the
# old one is revoked. Traffic goes on all the time, while other servers and a client sleep: nothing in them runs between
# their first connection and the one that shows what they know of the revocation.
. "$(dirname "$0")/../../support/lab.sh"
. "$lab_root/tests/spire/spire.sh"
. "$lab_root/tests/spire/traffic.sh"

have_svidwrap && have_spire || { skip "a new authority" "${spire_why:-svidwrap is not built}"; plan; }

authority() { at_server a localauthority x509 "$@"; }
# authority_id SLOT: of the active, prepared or old one
authority_id() { authority show -output json | json "it['$1']['authority_id']"; }

# key_id FILE EXTENSION: subject's or authority's key, as SPIRE names authorities
key_id() {
	openssl x509 -in "$1" -noout -ext "$2KeyIdentifier" | grep -Eo '([0-9A-F]{2}:){19}[0-9A-F]{2}' | tr -d : | tr A-F a-f
}

# What the agent tells workloads now: which authorities are in the bundle, and which signed the client's SVID
bundled() {
	rm -f "$work"/one.*
	fetch_svid a && csplit -sz -f "$work/one." "$work/a-svid/bundle.0.pem" '/BEGIN/' '{*}' || return 1
	for f in "$work"/one.*; do key_id "$f" subject; done
}
in_bundle() { bundled | grep -qx "$1"; }
not_in_bundle() { bundled > "$work/bundled" && ! grep -qx "$1" "$work/bundled"; }
# The agent's own SVID: it must not be the old authority's when that goes
agent_serial() { at_server a agent list -output json | json 'it["agents"][0]["x509svid_serial_number"]'; }
agent_renewed() { [ "$(agent_serial)" != "$1" ]; }
signed_by() { fetch_svid a && [ "$(key_id "$work/a-svid/svid.0.pem" authority)" = "$1" ]; }

svids() { logged "$work/$1.log" event=svid_rotated; }
has_svids() { [ "$(svids "$1")" -ge "$2" ]; }

# replace_authority OLD NEW: up to the taint; the names of variables to assign. Afterwards nobody has an SVID of the old one.
replace_authority() {
	local agent_had
	printf -v "$1" %s "$(authority_id active)"
	authority prepare > "$work/prepare.out" || return 1
	printf -v "$2" %s "$(authority_id prepared)"
	until_true 20 in_bundle "${!2}" && more_answers traffic new 2 || return 1
	authority activate -authorityID "${!2}" > "$work/activate.out" && more_answers traffic new 5 || return 1
	agent_had=$(agent_serial)
	authority taint -authorityID "${!1}" > "$work/taint.out" && until_true 60 signed_by "${!2}" &&
		until_true 60 agent_renewed "$agent_had" && more_answers traffic new 5
}

# keep_chain FOLDER: the client's present SVID, for whoever wants to present it later. At first the agent may know the
# other entries but not this one's: it asks its server once a second.
keep_chain() { until_true 20 fetch_svid a && cp -r "$work/a-svid" "$work/$1"; }
still_valid() { openssl x509 -in "$work/$1/svid.0.pem" -noout -checkend 60; }
accepts() { plain_client "${redis_port[$1]}" "$work/$2"; }
# refuses REDIS FOLDER: no answer, and the event says that it is the chain
refuses() { ! accepts "$1" "$2" && until_true 5 refused "$1" "$(serial_of "$work/$2/svid.0.pem")" authentication; }

# The sleeping client's server is openssl with the client's chain: authenticated, but not in the rule's peers.
start_impostor() {
	free_port impostor
	redis_port[impostor]=$impostor
	sed "s/${redis_port[busy]}/$impostor/" "$work/busy.policy" > "$work/impostor.policy"
	spawn s_server openssl s_server -www -accept "127.0.0.1:$impostor" -Verify 1 \
		-cert "$work/first/svid.0.pem" -key "$work/first/svid.0.key"
	await_port "$impostor" "$spawned" || return 1
	mkfifo "$work/wake" && exec {wake}<> "$work/wake"
	spawn_in="$work/wake" traffic sleeper impostor
}
# sleeper_says PHASE: it connects, and refuses in that phase
sleeper_says() {
	echo >&"$wake"
	until_true 15 refused sleeper "$(serial_of "$work/first/svid.0.pem")" "$1"
}

everyone_starts() {
	spire_ttl=10m spire_server a corp.local && spire_agent a && spire_workloads a &&
		redis busy && redis idle && redis absent && traffic traffic busy --hold 0.1 --new 0.2 && more_answers traffic new 3
}
check "redis and its clients start" everyone_starts || plan
check "a chain that openssl presents is taken by each server" \
	eval 'keep_chain first && accepts busy first && accepts idle first && accepts absent first'
check "and by a client, which then finds that its rule does not name the ID" \
	eval 'start_impostor && sleeper_says authorization'

before=$(svids traffic)
check "an authority is prepared and activated, the one before tainted" replace_authority first_id second_id
check "both sides' processes take the new SVIDs while they run" eval 'has_svids traffic $((before + 1)) && has_svids busy 1'
check "the tainted authority's chain is taken until it is revoked" accepts busy first
check "the old authority is revoked" \
	eval 'authority revoke -authorityID "$first_id" && until_true 20 not_in_bundle "$first_id"'
check "the first connection to a server that slept is refused with a chain of the revoked authority" refuses idle first
check "the first connection of a client that slept refuses such a server" sleeper_says authentication
check "a server with traffic refuses it too" refuses busy first
check "though the chain has not expired" still_valid first

keep_chain second
check "an authority is replaced a second time" replace_authority second_id third_id
kill -KILL "${agent_pid[a]}" && wait "${agent_pid[a]}" 2> /dev/null
check "the old authority is revoked while the agent is down" authority revoke -authorityID "$second_id"
check "connections still open without an agent" more_answers traffic new 5
check "the agent comes back" eval 'spire_agent_start a && until_true 20 not_in_bundle "$second_id"'
check "a server that slept through the agent's restart refuses the first connection with the revoked authority's chain" \
	refuses absent second
check "though that one has not expired either" still_valid second
more_answers traffic new 5
check "a held connection loses, doubles and reorders nothing through all of it" no_fault traffic held
check "no new connection fails through all of it, one every 200 ms" no_fault traffic new
check "the serials in both sides' events agree" tests/support/serials.py "$work/busy.log" "$work/traffic.log"
[ $tap_failed -eq 0 ] || show "$work"/*.err "$work"/*.log
plan
