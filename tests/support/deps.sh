#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs from Debian what svidwrap needs to build, test and show itself. Quick when nothing is missing.
# usage: deps.sh [daemons|bench]   daemons: also the programs of tests/daemons/parts/, some hundred megabytes
#                                  bench: those of tests/bench/ instead
set -eu
packages='gcc make libc6-dev git
	libssl-dev libnghttp2-dev libprotobuf-c-dev protobuf-c-compiler libyaml-dev uthash-dev libcmocka-dev
	clang libclang-rt-14-dev
	redis-server redis-tools openssl curl netcat-openbsd python3-minimal python3 iproute2 procps psmisc'
# Where nothing may be skipped, what the lab needs as well; elsewhere, whether there is Docker is the user's choice.
[ "${SVIDWRAP_MUST_RUN:-}" != 1 ] || packages="$packages docker.io docker-compose debootstrap"
if [ "${1:-}" = daemons ] || [ "${SVIDWRAP_MUST_RUN:-}" = 1 ]; then
	packages="$packages $(sed -n 's/^# package: //p' "$(dirname "$0")"/../daemons/parts/*.sh | tr '\n' ' ')"
	# What cannot be installed beside the others (a second mail server) is only fetched.
	only_fetched=$(sed -n 's/^# unpacked: //p' "$(dirname "$0")"/../daemons/parts/*.sh)
	packages="$packages libjemalloc2 libtcmalloc-minimal4 libfaketime eatmydata torsocks wget strace gdb valgrind linux-perf g++"
fi
[ "${1:-}" != bench ] || packages="$packages haproxy iperf3 libmemcached-tools memcached nginx-light postgresql-15
	postgresql-client-15 stunnel4 wrk gnuplot-nox strace valgrind"
missing='' fetch='' debs="$(dirname "$0")/../../build/debs"
for p in ${only_fetched:-}; do
	ls "$debs/$p"_*.deb > /dev/null 2>&1 || fetch="$fetch $p"
done
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -n "$missing$fetch" ] || exit 0
sudo=
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo > /dev/null || { echo "deps: need root or sudo to install:$missing" >&2; exit 1; }
	sudo=sudo
fi
echo "installing from Debian:$missing${fetch:+; fetching:$fetch}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# No package here needs to start its daemon: the tests start their own.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" > /dev/null && $sudo chmod 755 "$policy" && made=1
fi
status=0

# Another apt may be at work, as after a boot: waiting is an option of apt's, but not for its lists.
update_lists() {
	local tries=30
	until $sudo apt-get update -qq; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] && tail -5 "$log" | grep -q 'Could not get lock' || return 1
		sleep 10
	done
}

{
	update_lists &&
		{ [ -z "$missing" ] || $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o DPkg::Lock::Timeout=300 \
			--no-install-recommends $missing; } &&
		{ [ -z "$fetch" ] || (mkdir -p "$debs" && cd "$debs" && apt-get download -qq $fetch); }
} > "$log" 2>&1 || status=$?
[ -z "$made" ] || $sudo rm -f "$policy"
if [ "$status" -ne 0 ]; then
	tail -20 "$log" >&2
	echo "deps: apt-get failed; see above" >&2
fi
exit "$status"
