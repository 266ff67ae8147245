# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# How a part of the lab is shown: as a walk-through (title, command, its real output, what to notice), or as tests (TAP).
# Whatever a command printed is kept in $out/NAME.txt. Source it after tests/support/lab.sh and compose.sh.
out=${LAB_OUT:-$lab_root/build/lab/out}
mkdir -p "$out"
bold='' plain='' dim=''
if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; fi
claims=() results=() failed=0

walking() { [ -z "$tap" ]; }
title() { if walking; then printf '\n%s%s%s\n' "$bold" "$*" "$plain"; else echo "# $*"; fi; }
note() { ! walking || printf '%s\n' "$*" | fold -s -w 110; }

# record NAME AS_TYPED COMMAND...: runs it; shows what was typed and what came; its status is $status
record() {
	local name=$1 typed=$2
	shift 2
	last=$out/$name.txt
	printf '$ %s\n' "$typed" > "$last"
	"$@" >> "$last" 2>&1 < /dev/null
	status=$?
	# what docker-compose says of its own, and carriage returns
	sed -i -e '/^ *\(\[+\] \)\?\(Creating\|Created\|Container\|Network\|Starting\|Started\) /d' -e 's/\r$//' -e '/^$/d' "$last"
	picture "$last"
}

# picture FILE: on the screen; the first line is the command
picture() {
	walking || return 0
	sed -n "1s/^\\(.*\\)/  $dim\\1$plain/p" "$1"
	sed 1d "$1" | cut -c 1-400 | head -n "${lines:-25}" | sed 's/^/    /'
	[ "$(wc -l < "$1")" -le $((${lines:-25} + 1)) ] || echo "    ... ($(wc -l < "$1") lines in ${1#"$lab_root/"})"
}

# at NAME SERVICE COMMAND...: in that service's container
at() {
	local name=$1 service=$2
	shift 2
	record "$name" "${compose_words[*]} exec $service $(typed "$@")" compose exec -T "$service" "$@"
}

# typed WORD...: as one would type it (words here hold no double quote or dollar beside a single quote)
typed() {
	local word line=
	for word; do
		case $word in
		*\'*) line+=" \"$word\"" ;;
		*[!a-zA-Z0-9_./:=,@%+-]*) line+=" '$word'" ;;
		*) line+=" $word" ;;
		esac
	done
	printf '%s' "${line# }"
}

# claim TEXT COMMAND...: holds if the command succeeds
claim() {
	local text=$1
	shift
	if ! walking; then
		check "$text" "$@"
		[ "$tap_failed" -eq 0 ] || [ "$failed" -ne 0 ] || show_lines=60 show "$last"
		failed=$tap_failed
		return
	fi
	claims+=("$text")
	if "$@" > /dev/null 2>&1; then results+=(yes); else results+=(NO) failed=1; fi
	printf '  [%s] %s\n' "${results[-1]}" "$text"
}

# has NAME TEXT, lacks NAME TEXT: what that command printed; its own line is not part of it
has() { sed 1d "$out/$1.txt" | grep -qF -e "$2"; }
lacks() { [ -s "$out/$1.txt" ] && ! has "$1" "$2"; }
failed_with() { [ "$status" -eq "$1" ]; }
failed() { [ "$status" -ne 0 ]; }

# log_from SERVICE FILE: the audit log that `event` looks at, from here on
log_from() {
	log_service=$1 log=$2
	log_line=$(($(inside "$1" sh -c "cat $2 2> /dev/null | wc -l") + 1))
}

# event TEXT NAME KEY=VALUE...: claims that the log has an event with all these by now; shows its last line (tail=N: lines)
event() {
	local text=$1 name=$2
	shift 2
	until_true 5 event_came "$name" "$@"
	record "$name" "${compose_words[*]} exec $log_service svidwrap events $log | tail -n ${tail:-1}" \
		inside "$log_service" sh -c "svidwrap events $log | tail -n ${tail:-1}"
	claim "$text" event_came "$name" "$@"
}
event_came() {
	local json=$out/$1.json
	shift
	inside "$log_service" tail -n "+$log_line" "$log" > "$json"
	[ "$(logged "$json" "$@")" -gt 0 ] || { cat "$json"; return 1; }
}

tap_summary() {
	[ "$tap_failed" -eq 0 ] && echo "# all $tap_count hold" || echo "# not all of them hold"
	echo "# what each command printed: ${out#"$lab_root/"}/"
}

ending() {
	walking || { tap_summary; plan; }
	local i
	title "What held"
	for i in "${!claims[@]}"; do printf '  %-4s %s\n' "${results[i]}" "${claims[i]}"; done
	echo
	[ $failed -eq 0 ] && echo "All ${#claims[@]} hold." || echo "Not all of them hold."
	exit $failed
}
