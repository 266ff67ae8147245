# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Registration entries changed while the lab runs. Source it after show.sh.
entry_count=${entry_count:-0} ttl_words=()
socket=/tmp/spire-server/private/api.sock

# entry_id NAME: of spiffe://corp.local/NAME, nothing if there is none
entry_id() {
	inside spire-server spire-server entry show -socketPath $socket -spiffeID "spiffe://corp.local/$1" |
		sed -n 's/^Entry ID *: //p'
}

# entry NAME SELECTOR...: spiffe://corp.local/NAME is for whoever has all these selectors; shown if typed_entry is set
entry() {
	local name=$1 id words=() selector
	shift
	for selector; do words+=(-selector "$selector"); done
	id=$(entry_id "$name")
	if [ -n "$id" ]; then words=(entry update -entryID "$id" "${words[@]}"); else words=(entry create "${words[@]}"); fi
	words=(spire-server "${words[@]}" -parentID spiffe://corp.local/agent -spiffeID "spiffe://corp.local/$name" "${ttl_words[@]}")
	if [ -n "${typed_entry:-}" ]; then
		at "entry-$name-$((entry_count += 1))" spire-server "${words[@]}"
	else
		inside spire-server "${words[@]}" > "$work/entry.out" 2>&1
		status=$?
	fi
	[ $status -eq 0 ] || { show "$work/entry.out"; lab_stop "the entry of $name could not be changed"; }
}

no_entry() { inside spire-server spire-server entry delete -socketPath $socket -entryID "$(entry_id "$1")" > /dev/null; }
