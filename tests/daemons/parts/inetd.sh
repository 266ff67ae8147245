#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: inetd tcpserver dash gawk head
# package: openbsd-inetd ucspi-tcp dash gawk coreutils
# roles: server
# done: services (nowait) whose standard input and output are the connection, svidwrap before inetd or before the service
# limits: what a service says on descriptor 2 does not reach the peer
. "$(dirname "$0")/../scene.sh"

for p in inetd tcpserver dash gawk head nc; do program $p; done
random blob 300000
cat > "$work/greet" << 'SCRIPT'
read -r name
echo "hello $name"
head -c 10
echo "$(gawk 'BEGIN { print "from", "a pipe" }')"
gawk '{ print NR ": " $0; fflush() } /quit/ { exit }'
exit 3
SCRIPT
sed -i "s|^head|$work/bin/head|; s|gawk|$work/bin/gawk|" "$work/greet"

# under WHERE PROGRAM...: writes what serves it, in $superserver; WHERE: before the service or the superserver
service() {
	local where=$1 words=()
	shift
	[ "$where" = inside ] && words=("${on_server[@]}")
	[ "$where" = inside ] && on_server=()
	case $kind in
	inetd)
		words+=("$@")
		echo "$port stream tcp nowait root ${words[0]} ${words[*]}" > "$dir/inetd.conf"
		serve "$work/bin/inetd" -i "$dir/inetd.conf" ;;
	tcpserver) serve "$work/bin/tcpserver" -HR -l localhost 127.0.0.1 "$port" "${words[@]}" "$@" ;;
	esac
}

talk() { # WHERE
	service "$1" "$work/bin/dash" "$work/greet" || return 1
	printf 'Anna\n0123456789one\ntwo\nquit\n' | peer_client > "$dir/found"
	stop "$server_pid"
	grep -q '^3: quit' "$dir/found"
}
bulk() { # WHERE
	service "$1" "$work/bin/head" -c 300000 || return 1
	peer_client < "$work/blob" > "$dir/found"
	stop "$server_pid"
	cmp "$dir/found" "$work/blob"
}
talk_outside() { talk outside; }
talk_inside() { talk inside; }
bulk_outside() { bulk outside; }
bulk_inside() { bulk inside; }

the_agent agent --ttl 5m
for kind in inetd tcpserver; do
	for where in outside inside; do
		for m in both with_openssl; do
			$m "$kind, a script, svidwrap $where" talk_$where dash nc
			$m "$kind, 300 kB, svidwrap $where" bulk_$where head nc
		done
	done
done
plan
