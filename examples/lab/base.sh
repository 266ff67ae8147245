#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the tag of a Debian 12 image to build the lab on: BASE_IMAGE if it is set, else debian:bookworm-slim if it is
# here or can be pulled, else one made here with debootstrap and kept under a tag of this machine.
# Status 2: there is none (what to do is on standard error).
set -eu
public=debian:bookworm-slim
own=svidwrap-base:bookworm
have() { docker image inspect "$1" > /dev/null 2>&1; }

if [ -n "${BASE_IMAGE:-}" ]; then echo "$BASE_IMAGE"; exit; fi
for image in $public $own; do
	if have $image; then echo $image; exit; fi
done
if timeout 120 docker pull -q $public > /dev/null 2>&1; then echo $public; exit; fi

cannot() {
	echo "$public cannot be pulled, and $1" >&2
	echo "  BASE_IMAGE=IMAGE names a Debian 12 image that is here" >&2
	exit 2
}
command -v debootstrap > /dev/null || cannot "debootstrap is missing, which could make it: apt-get install debootstrap"
[ "$(id -u)" -eq 0 ] || cannot "making it with debootstrap needs root, once: sudo $0"
echo "$public cannot be pulled: making $own with debootstrap (once, about a minute)" >&2
root=$(mktemp -d "${TMPDIR:-/tmp}/svidwrap-base.XXXXXX")
trap 'rm -rf "$root"' EXIT
trap 'exit 130' INT TERM HUP
debootstrap --variant=minbase --include=ca-certificates bookworm "$root/debian" > "$root/log" 2>&1 ||
	{ tail -n 5 "$root/log" >&2; cannot "debootstrap failed, as said above"; }
rm -rf "$root"/debian/var/cache/apt/archives/*.deb "$root"/debian/var/lib/apt/lists/*
tar -C "$root/debian" -c . | docker import -c 'CMD ["bash"]' - $own > /dev/null
echo $own
