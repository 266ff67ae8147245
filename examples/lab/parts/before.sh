# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# The ledger as it was: a shared token over plain HTTP.
call=/accounts/42
answer="account 42: balance 1000000 EUR"

title "Before: the ledger believes whoever knows the token"
note "The backend has the token in its environment and calls with curl. A neighbour listens."
ledger_is before
at before-script backend tail -n 1 /opt/spire/workload/ask-ledger.sh
neighbour_listens
call_ledger before-call
claim "before: the backend gets the balance" has before-call "$answer"
note "What the neighbour saw:"
neighbour_tells before-wire
token=$(sed -n 's/^ *|Authorization: Bearer //p' "$out/before-wire.txt" | head -n 1)
claim "before: the token crosses the network in clear" [ -n "$token" ]
claim "before: so does the balance" has before-wire "$answer"
note "What he can do with it, from the rogue:"
at before-rogue rogue curl -sS --max-time 10 -H "Authorization: Bearer ${token:-none}" http://ledger:8080$call
claim "before: the rogue replays the token and gets the balance" has before-rogue "$answer"
