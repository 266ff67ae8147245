# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the parts in tests/daemons/parts/ share: Debian's programs, unchanged, doing real work three ways: bare, under mutual
# TLS on both sides, and under svidwrap with OpenSSL's tools on the other side. What comes back must be the same, byte for
# byte. Each part begins with a head that docs/compatibility.md is made of:
#   # program: NAME...          what is run
#   # package: NAME...          whose versions are shown
#   # roles: server, client     which side svidwrap was on
#   # done: ...                 in one line
#   # limits: ...               in one line; "none known"
. "$(dirname "${BASH_SOURCE[0]}")/../support/lab.sh"

ID=spiffe://corp.local
mkdir -p "$work/bin" "$work/certs"
chmod 711 "$work" "$work/bin" # daemons drop privileges
entries=()

lines() { printf '%s\n' "$@"; }
random() { head -c "$2" /dev/urandom > "$work/$1"; }
skip_all() { skip "$1" "$2"; plan; }
have_svidwrap || skip_all "under svidwrap" "svidwrap is not built"

# program NAME [PATH]: $work/bin/NAME is the program, its identity $ID/NAME. A Debian link to another name (redis-server) is
# copied, so that two names of one file can have two identities.
program() {
	local real
	real=$(readlink -f "${2:-$(command -v "$1")}") && [ -x "$real" ] || skip_all "with $1" "$1 is not installed; make check-daemons installs it"
	case $real in
	*/"$1") ln -s "$real" "$work/bin/$1" ;;
	*) if [ -n "${keep_path:-}" ]; then ln -s "$real" "$work/bin/$1"; else cp "$real" "$work/bin/$1"; fi ;;
	esac
	entries+=(--entry "$ID/$1=unix:path:$(readlink -f "$work/bin/$1")")
}

# the_agent NAME [OPTION...]: knows what `program` named; OpenSSL's tools get files.
the_agent() {
	agent "$@" --issue "$ID/openssl=$work/certs" "${entries[@]}" || { ok 1 "the lab agent starts"; plan; }
	chmod 666 "$work/$1.sock"
}

# setting MODE NAME SERVER CLIENT...: $dir, $port, and the words before a server and a client in $on_server, $on_client.
# MODE: bare; mtls; openssl, where peer_client or peer_server is OpenSSL's. Rules beyond these two: $more_rules.
setting() {
	local server=$3 peers="$ID/openssl" p
	mode=$1 dir="$work/$2-$1" what=$2-$1
	mkdir -p "$dir" && chmod 755 "$dir"
	free_port port
	on_server=() on_client=()
	[ "$mode" != bare ] || return 0
	shift 3
	for p; do peers="$peers, $ID/$p"; done
	{
		cat <<- RULES
			rules:
			  - name: in
			    accept: "*:$port"
			    peers: [$peers]
			    timeout: ${rule_timeout:-10s}
			  - name: out
			    connect: "127.0.0.1:$port"
			    peers: [$ID/$server, $ID/openssl]
			    timeout: ${rule_timeout:-10s}
		RULES
		[ -z "${more_rules:-}" ] || lines "$more_rules"
	} | policy "$dir/policy"
	chmod 644 "$dir/policy"
	: > "$dir/server.log"
	: > "$dir/client.log"
	chmod 666 "$dir"/*.log
	on_server=("$BUILD/svidwrap" run --policy "$dir/policy" --log "$dir/server.log" --)
	on_client=("$BUILD/svidwrap" run --policy "$dir/policy" --log "$dir/client.log" --)
}

# client COMMAND...: with a bound on time and on what it may say on standard error
client() {
	timeout -k 2 "${client_seconds:-60}" "${on_client[@]}" "$@" 2> >(bounded "$dir/client.err")
}

# serve COMMAND...: until it listens on $port; its process is $server_pid
serve() {
	spawn "$what/server" "${on_server[@]}" "$@"
	server_pid=$spawned
	await_port "$port" "$server_pid"
}

# as_user NAME COMMAND...: without root's rights
as_user() {
	local user=$1
	shift
	setpriv --reuid="$user" --regid="$(id -g "$user")" --init-groups -- "$@"
}

# peer_client: standard input to the server, what it says to standard output, until it ends. Needs `program nc`.
peer_client() {
	case $mode in
	openssl) timeout -k 2 60 openssl s_client -quiet -connect "127.0.0.1:$port" -tls1_3 -CAfile "$work/certs/bundle.pem" \
		-cert "$work/certs/svid.pem" -key "$work/certs/key.pem" -verify_return_error 2> "$dir/openssl.err" ;;
	*) client "$work/bin/nc" 127.0.0.1 "$port" ;;
	esac
}

# peer_server FILE: answers the one who connects with FILE and keeps what came in $dir/heard; its process is $server_pid.
peer_server() {
	case $mode in
	openssl) # -nbio: it may wait for the client when it should go on writing
		spawn_in=$1 spawn "$what/server" openssl s_server -quiet -nbio -naccept 1 -accept "127.0.0.1:$port" -tls1_3 \
		-CAfile "$work/certs/bundle.pem" -cert "$work/certs/svid.pem" -key "$work/certs/key.pem" -Verify 1 -verify_return_error ;;
	*) spawn_in=$1 spawn "$what/server" "${on_server[@]}" "$work/bin/nc" -l 127.0.0.1 "$port" ;;
	esac
	server_pid=$spawned
	ln -sf "server.out" "$dir/heard"
	await_port "$port" "$server_pid"
}

# Both sides that svidwrap is on have met somebody.
handshakes() {
	local s c
	s=$(logged "$dir/server.log" event=handshake_ok)
	c=$(logged "$dir/client.log" event=handshake_ok)
	case $mode in
	mtls) [ "$s" -gt 0 ] && [ "$c" -gt 0 ] ;;
	openssl) [ $((s + c)) -gt 0 ] ;;
	esac || { echo "# no handshake_ok: server $s, client $c" >&2; return 1; }
}

# verdict STATUS NAME
verdict() {
	[ "$1" -eq 0 ] || { echo "# $2"; [ "$mode" = bare ] || sed -i '/"event":"\(handshake_ok\|policy_loaded\|svid_received\)"/d' "$dir"/*.log; show "$dir"/*.err "$dir"/*.log; } >&2
	ok "$1" "$2"
}

# compared MODES NAME FUNCTION SERVER CLIENT...: FUNCTION in each mode; it leaves its findings in $dir/found, which must be what
# they were in the first, bare.
compared() {
	local modes=$1 name=$2 work_of=$3 status m bare
	shift 3
	for m in $modes; do
		setting "$m" "$work_of" "$@"
		"$work_of"
		status=$?
		[ "$m" = bare ] && bare=$dir
		cmp "$bare/found" "$dir/found" >&2 || status=1
		[ "$m" = bare ] || handshakes || status=1
		verdict $status "$name ($m)"
	done
}
# Its own client under svidwrap, too.
both() { compared "bare mtls" "$@"; }
# The other side through peer_client or peer_server.
with_openssl() { compared "bare openssl" "$@"; }
