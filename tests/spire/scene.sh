# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# Cases for the parts that let two programs meet: a folder, ports, processes that end with the case. Source it after
# tests/spire/spire.sh.
case_pids=()
random_payload() { head -c "$2" /dev/urandom > "$1"; }

# a_server_and_agent NAME TRUST_DOMAIN: both are up, or the part ends here
a_server_and_agent() {
	have_svidwrap && have_spire || { skip "against SPIRE" "${spire_why:-svidwrap is not built}"; plan; }
	spire_server "$1" "$2" && spire_agent "$1" || { ok 1 "a SPIRE server and an agent of $2 start"; plan; }
}

# program NAME FILE [ENTRY_OPTION...]: FILE is copied to $work/bin/NAME, which is spiffe://DOMAIN/NAME by its path, or
# spiffe://DOMAIN/$id if that is set. Domain and agent are those of SPIRE server ${at:-corp}.
program() {
	local name=$1
	program_alone "$1" "$2"
	shift 2
	spire_entry "${at:-corp}" "${id:-$name}" "unix:path:$work/bin/$name" -- "$@" || { ok 1 "an entry for $name"; plan; }
}
# the same without an entry
program_alone() {
	local file
	mkdir -p "$work/bin"
	file=$(readlink -f "$(command -v "$2")") && cp "$file" "$work/bin/$1" || { ok 1 "$2 is there (make deps)"; plan; }
}

# fetch NAME DIR: program NAME, a copy of spire-agent, writes what it is given: svid.N.pem, svid.N.key, bundle.N.pem
fetch() {
	mkdir -p "$2"
	until_true 20 fetched "$@" || { cat "$2.err"; return 1; }
}
fetched() {
	"$work/bin/$1" api fetch x509 -socketPath "$work/${at:-corp}/agent.sock" -write "$2" > "$2.out" 2> "$2.err"
}

# new_case NAME: $dir, $port, and a policy for both roles on that port in $dir/policy: a server that takes CLIENT_PEER
# and a client that takes SERVER_PEER
new_case() { # NAME SERVER_PEER CLIENT_PEER
	case_name=$1 dir="$work/$1"
	mkdir -p "$dir"
	free_port port
	rules "$dir/policy" "$port" "$3" "$2"
}

# background ROLE COMMAND...: output in $dir/ROLE.out and .err; its process is $spawned
background() {
	local role=$1
	shift
	spawn "$case_name/$role" "$@"
	case_pids+=("$spawned")
}

# wrapped ROLE COMMAND...: the same under svidwrap, events in $dir/ROLE.log
wrapped() {
	local role=$1
	shift
	background "$role" "$BUILD/svidwrap" run --policy "$dir/policy" --log "$dir/$role.log" -- "$@"
}

holds() { grep -aqs -e "$2" "$dir/$1"; }       # FILE REGEX
event() { local log=$1; shift; [ "$(logged "$dir/$log.log" "$@")" -gt 0 ]; } # ROLE KEY=VALUE...
not() { ! "$@"; }
soon() { until_true 15 "$@"; }

# verdict STATUS NAME: one result; ends the case
verdict() {
	[ "$1" -eq 0 ] || { echo "# $2"; show "$dir"/*.out "$dir"/*.err "$dir"/*.log; } >&2
	stop "${case_pids[@]}"
	case_pids=()
	ok "$1" "$2"
}

# all NAME CONDITION... [, CONDITION...]: one result; ends the case
all() {
	local name=$1 words=() bad=0 w
	shift
	for w in "$@" ,; do
		[ "$w" = , ] || { words+=("$w"); continue; }
		"${words[@]}" >&2 || { echo "# not so: ${words[*]}" >&2; bad=1; }
		words=()
	done
	verdict $bad "$name"
}
