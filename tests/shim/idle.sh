# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A connection on which nothing happens costs nothing, nor does one on which half a record has come: for a minute no
# thread of either process is scheduled. Sourced by run.sh; begins in the background, since it is a minute.

idle_seconds=${IDLE_SECONDS:-60}
idle_entries() {
	local r
	for r in server client; do
		mkdir -p "$work/idle" && cp "$BUILD/shim-tests/tool_idle" "$work/idle/$r"
		entries+=(--entry "spiffe://corp.local/$r=unix:path:$work/idle/$r")
	done
}

# spent PID: how often its threads were scheduled, and for how long, in clock ticks
spent() {
	local t switches=0 v ticks=0 stat
	for t in "/proc/$1/task"/*; do
		v=$(awk '/ctxt_switches/ { n += $2 } END { print n }' "$t/status")
		read -r stat < "$t/stat"
		read -r -a stat <<< "${stat##*) }"
		switches=$((switches + v)) ticks=$((ticks + stat[11] + stat[12]))
	done
	echo "$switches $ticks"
}

# idle_pair NAME PORT CLIENT_PORT: server and client, until the connections are up
idle_pair() {
	local dir="$work/idle/$1" r
	mkdir -p "$dir"
	rules "$dir/policy" "$2" spiffe://corp.local/client spiffe://corp.local/server "$3"
	for r in server client; do
		CLAIM_DIR=$dir spawn "idle/$1/$r" "$BUILD/svidwrap" run --policy "$dir/policy" --log "$dir/$r.log" -- \
			"$work/idle/$r" "$r" "$([ $r = client ] && echo "$3" || echo "$2")"
		echo $spawned > "$dir/$r.pid"
		[ $r = client ] || await_port "$2" "$spawned" || return 1
	done
	until_true 20 test -e "$dir/up"
}

# How much a client sends until it is up: the cut is in the record after that.
idle_begin() {
	local sent port via
	mkdir -p "$work/idle/whole-wire" "$work/idle/half-wire"
	free_port port && free_port via
	relay idle/whole-wire "$via" "$port"
	idle_pair whole "$port" "$via" || return 1
	sent=$(stat -c %s "$work/idle/whole-wire/1.c2s")
	free_port port && free_port via
	relay idle/half-wire "$via" "$port" --hold --cut "c2s:$((sent + 500))"
	mkdir -p "$work/idle/half" && : > "$work/idle/half/half"
	idle_pair half "$port" "$via" || return 1
	# The half record has arrived, and who looked at it has settled.
	until_true 10 test "$(stat -c %s "$work/idle/half-wire/6.c2s")" -ge $((sent + 490)) || return 1
	until_true 10 idle_settled || return 1
	idle_since=$SECONDS
}

# Nothing was spent between two looks a second apart.
idle_settled() {
	local f
	idle_note earlier
	sleep 1
	idle_note before
	for f in "$work"/idle/*/*.before; do cmp -s "$f" "${f%before}earlier" || return 1; done
}

# idle_note WHEN: what each of the four has spent until then
idle_note() {
	local pair r
	for pair in whole half; do
		for r in server client; do spent "$(cat "$work/idle/$pair/$r.pid")" > "$work/idle/$pair/$r.$1"; done
	done
}

idle_end() {
	local pair r before after
	while [ $((SECONDS - idle_since)) -lt "$idle_seconds" ]; do sleep 0.5; done
	idle_note after
	for pair in whole half; do
		for r in server client; do
			before=$(cat "$work/idle/$pair/$r.before") after=$(cat "$work/idle/$pair/$r.after")
			[ -n "$before" ] && [ "$before" = "$after" ] || echo "# $pair, $r: switches and ticks $before, then $after" >&2
			[ -n "$before" ] && [ "$before" = "$after" ]
			ok $? "idle for $((SECONDS - idle_since)) s, $pair records, the $r: no thread was scheduled"
		done
	done
}
