# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Part 1 of the scenario: identities are issued to workloads.
title "1. What got registered"
note "Each entry maps selectors, which the agent observes about a caller, to a SPIFFE ID. data/setup.sh creates them."
lines=60 at entries spire-server spire-server entry show -socketPath /tmp/spire-server/private/api.sock

# entry_of NAME: the label NAME, and nothing else, is spiffe://corp.local/NAME
entry_of() {
	[ "$(awk -v id="spiffe://corp.local/$1" '/^SPIFFE ID/ { on = $NF == id } on && /^Selector/ { print $NF }' \
		"$out/entries.txt")" = "docker:label:com.corp.svc:$1" ]
}
for name in backend client ledger; do
	claim "the label com.corp.svc=$name maps to spiffe://corp.local/$name" entry_of $name
done
claim "no entry knows the label com.corp.svc=rogue" lacks entries rogue

title "2. A workload fetches its own identity"
note "No secret was handed to these containers. The agent looks at the process that asks, its container and the labels."
# lives NAME: for the TTL of the server, which antedates by 10 s
lives() {
	local after until
	after=$(sed -n 's/^SVID Valid After:[[:space:]]*//p' "$out/$1.txt" | head -n 1)
	until=$(sed -n 's/^SVID Valid Until:[[:space:]]*//p' "$out/$1.txt" | head -n 1)
	after=$(date -ud "${after% UTC}" +%s) until=$(date -ud "${until% UTC}" +%s)
	echo "lives for $((until - after)) s"
	[ $((until - after)) -le $((ttl + 10)) ] && [ $((until - after)) -ge $((ttl - 1)) ]
}
ttl=${LAB_TTL:-5m}
case $ttl in *m) ttl=$((${ttl%m} * 60)) ;; *) ttl=${ttl%s} ;; esac
for name in backend client ledger; do
	at "fetch-$name" $name spire-agent api fetch x509 -socketPath "${api#unix://}"
	claim "$name is issued spiffe://corp.local/$name" has "fetch-$name" "spiffe://corp.local/$name"
	claim "the SVID of $name lives for $((ttl / 60)) min" lives "fetch-$name"
done
at svid client svidwrap svid
claim "svidwrap is given the same identity" has svid spiffe://corp.local/client
