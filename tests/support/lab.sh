# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For the shell suites: a work folder, processes that never outlive it, ports, a lab agent, policies, TAP. Source it
# from bash. BUILD names the folder that holds the shim and the tools.
set -u
umask 077 # a policy must not be writable by others

lab_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cd "$lab_root" || exit 1
BUILD=$(mkdir -p "${BUILD:-build/release}" && cd "${BUILD:-build/release}" && pwd) || exit 1
lab_results=${CHECK_OUT:-$lab_root/build/check} # what outlives the work folder
PYTHON=/usr/bin/python3
RELAY="$lab_root/tests/support/relay.py"
unset LD_PRELOAD SPIFFE_ENDPOINT_SOCKET SVIDWRAP_POLICY

# What whoever started us left open is not for the programs under test.
for lab_fd in /proc/self/fd/*; do
	lab_fd=${lab_fd##*/}
	[ "$lab_fd" -lt 3 ] || [ "$lab_fd" -eq 255 ] || exec {lab_fd}>&-
done

work=$(mktemp -d "${TMPDIR:-/tmp}/svidwrap.XXXXXX") || exit 1
work=$(cd "$work" && pwd -P) # selectors name the real path
lab_pids=()
lab_owner=$BASHPID

# Stops what spawn started, hard after a second; only in the shell that made the folder.
lab_end() {
	[ "$BASHPID" = "$lab_owner" ] || return 0
	trap - EXIT
	stop "${lab_pids[@]}"
	find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'svidwrap-ports.*' -lname "$lab_owner" -delete 2> /dev/null
	[ -n "${LAB_KEEP:-}" ] && echo "# kept $work" >&2 || rm -rf "$work"
}
trap lab_end EXIT
trap 'exit 130' INT TERM HUP

# stop PID...: TERM, KILL after 2 s; waits. Only children of this shell: a number may have gone to a stranger since.
stop() {
	local pid left
	for pid; do child "$pid" && kill -TERM "$pid" && kill -CONT "$pid"; done 2> /dev/null
	for pid; do
		child "$pid" || continue
		for left in {1..100}; do
			alive "$pid" || break
			sleep 0.02
		done
		alive "$pid" && kill -KILL "$pid" 2> /dev/null
		wait "$pid" 2> /dev/null
	done
	return 0
}

# state PID: its $state (a letter) and $parent
state() {
	local stat
	{ read -r stat < "/proc/$1/stat"; } 2> /dev/null || return 1
	read -r state parent _ <<< "${stat##*) }"
}
child() { state "$1" && [ "$parent" = "$BASHPID" ]; }
# Running, and not a zombie that waits for its parent.
alive() { state "$1" && [ "$state" != Z ]; }

# until_true SECONDS COMMAND...: polls every 20 ms.
until_true() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# A library that floods standard error must not fill the disk: the first 500 writes are kept.
bounded() { dd bs=1024 count=500 of="$1" status=none; cat > /dev/null; }

# spawn NAME COMMAND...: in the background with $work/NAME.out and .err; its process is $spawned. Standard input is
# $spawn_in if set.
spawn() {
	local name=$1
	shift
	"$@" < "${spawn_in:-/dev/null}" > "$work/$name.out" 2> >(bounded "$work/$name.err" 9>&-) &
	spawned=$!
	lab_pids+=("$spawned")
}

# finish SECONDS PID: waits; its status, 124 if it had to be killed.
finish() {
	local n
	for ((n = $1 * 50; n > 0; n--)); do
		alive "$2" || { wait "$2"; return; }
		sleep 0.02
	done
	kill -KILL "$2" 2> /dev/null
	wait "$2" 2> /dev/null
	return 124
}

# ---- ports ----

# Outside the ephemeral range, in blocks of 20: a link to a process, which need not live any more, says whose one is.
lab_port=0
lab_block() {
	local link
	while :; do
		lab_port=$((11000 + RANDOM % 1000 * 20)) link=${TMPDIR:-/tmp}/svidwrap-ports.$lab_port
		ln -s "$lab_owner" "$link" 2> /dev/null && return
		alive "$(readlink "$link")" || rm -f "$link"
	done
}

port_in_use() {
	local hex
	printf -v hex %04X "$1"
	grep -Eqs "^ *[0-9]+: [0-9A-F]+:$hex " /proc/net/tcp /proc/net/tcp6
}

listening() {
	local hex
	printf -v hex %04X "$1"
	grep -Eqs "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6
}

# free_port VAR: assigns in this shell, so that no two calls agree.
free_port() {
	while :; do
		if [ $((lab_port % 20)) -eq 0 ]; then lab_block; fi
		lab_port=$((lab_port + 1))
		port_in_use $lab_port || break
	done
	printf -v "$1" %d $lab_port
}

# free_ports VAR: the first of 19 that are ours
free_ports() {
	lab_block
	printf -v "$1" %d $((lab_port + 1))
	lab_port=$((lab_port + 20))
}

# await_port PORT [PID]: until something listens there; fails after 10 s or when PID ends.
await_port() {
	until_true 10 listening_or_gone "$1" "${2:-$$}"
	listening "$1"
}
listening_or_gone() { listening "$1" || ! alive "$2"; }

# relay NAME LISTEN_PORT TO_PORT [OPTION...]: records into $work/NAME.
relay() {
	local name=$1 from=$2 to=$3
	shift 3
	spawn "$name" "$PYTHON" "$RELAY" --listen "127.0.0.1:$from" --connect "127.0.0.1:$to" --record "$work/$name" "$@"
	await_port "$from" "$spawned"
}

# ---- svidwrap ----

# What mutual TLS needs is built.
have_svidwrap() { [ -x "$BUILD/svidwrap" ] && [ -e "$BUILD/libsvidwrap.so" ] && [ -x "$BUILD/svidwrap-labagent" ]; }

# agent NAME [OPTION...]: a lab agent at $agent_api with the options given; its process is $spawned.
agent() {
	local name=$1 ready=0 fd
	shift
	agent_api="unix://$work/$name.sock"
	rm -f "$work/$name.sock" "$work/$name.ready"
	mkfifo "$work/$name.ready" && exec {fd}<> "$work/$name.ready" || return 1
	spawn "$name" "$BUILD/svidwrap-labagent" --listen "$agent_api" --trust-domain corp.local --ready-fd 9 "$@" 9>&$fd
	timeout 10 head -c 1 <&$fd > /dev/null || { show "$work/$name.err"; ready=1; }
	exec {fd}>&-
	return $ready
}

# policy FILE: standard input, with the version, the default and the agent's address before it.
policy() {
	{
		printf 'version: 1\ndefault: %s\n' "${policy_default:-deny}"
		[ -z "${agent_api:-}" ] || printf 'workload_api: %s\n' "$agent_api"
		cat
	} > "$1"
}

# rules FILE PORT SERVER_PEER CLIENT_PEER: a server on PORT that takes SERVER_PEER, a client that takes CLIENT_PEER; both
# in one file. A further argument is the port a client connects to (a relay's).
rules() {
	policy "$1" <<- RULES
		rules:
		  - name: in
		    accept: "*:$2"
		    peers: ["$3"]
		  - name: out
		    connect: "127.0.0.1:${5:-$2}"
		    peers: ["$4"]
	RULES
}

# logged FILE KEY=VALUE...: how many events have all these members.
logged() {
	local file=$1 filter=cat pair
	shift
	[ -e "$file" ] || { echo 0; return; }
	for pair; do
		filter="$filter | grep -F -e '\"${pair%%=*}\":\"${pair#*=}\"' -e '\"${pair%%=*}\": \"${pair#*=}\"'"
	done
	eval "$filter" < "$file" | wc -l
}

# ---- TAP ----

tap_count=0
tap_failed=0

# ok STATUS NAME: one line; a failure shows what `why` collected.
ok() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=1
		echo "not ok $tap_count - $2"
	fi
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP $2"
}

# check NAME COMMAND...
check() {
	local name=$1
	shift
	"$@" > "$work/check.out" 2>&1
	set -- $? "$name"
	[ "$1" -eq 0 ] || { echo "# $name (status $1)"; head -c 4000 "$work/check.out" | sed 's/^/#   /'; } >&2
	ok "$1" "$2"
}

# pass_on FILE [PREFIX]: the verdicts of another TAP stream, under our numbers
pass_on() {
	local line verdict
	while IFS= read -r line; do
		case $line in
		"ok "* | "not ok "*)
			verdict=${line%% [0-9]*} line=${line#*ok }
			tap_count=$((tap_count + 1))
			[ "$verdict" = ok ] || tap_failed=1
			echo "$verdict $tap_count - ${2:-}${line#[0-9]* - }"
			;;
		esac
	done < "$1"
}

# show FILE...: their ends, for whoever reads a failure.
show() {
	local f
	for f; do
		[ -s "$f" ] || continue
		echo "# ${f#"$work"/}:"
		tail -n "${show_lines:-15}" "$f" | cut -c 1-400 | sed 's/^/#   /'
	done >&2
}

plan() {
	echo "1..$tap_count"
	exit $tap_failed
}
