#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the name of a Debian 12 image to build others from: BASE_IMAGE if it is set, else debian:bookworm-slim if the
# engine has it or can pull it, else one made here with debootstrap (root; under a minute, kept for the next time).
# Status 2: there is none to be had (the reason on standard error).
set -eu
local_tag=svidwrap-base:bookworm
has() { docker image inspect "$1" > /dev/null 2>&1; }
give() { echo "$1"; exit; }
cannot() { echo "base image: $*" >&2; exit 2; }

command -v docker > /dev/null || cannot "docker is not here"
docker info > /dev/null 2>&1 || cannot "no Docker engine answers"
if [ -n "${BASE_IMAGE:-}" ]; then
	has "$BASE_IMAGE" || docker pull -q "$BASE_IMAGE" > /dev/null ||
		cannot "BASE_IMAGE=$BASE_IMAGE is not to be had"
	give "$BASE_IMAGE"
fi
! has debian:bookworm-slim || give debian:bookworm-slim
! has $local_tag || give $local_tag
# Without a registry a pull may hang.
! timeout 120 docker pull -q debian:bookworm-slim > /dev/null 2>&1 || give debian:bookworm-slim

[ "$(id -u)" -eq 0 ] || cannot "no image can be pulled, and debootstrap needs root, once: sudo $0; or BASE_IMAGE=IMAGE"
command -v debootstrap > /dev/null ||
	cannot "no image can be pulled, and debootstrap is not here: apt-get install debootstrap; or BASE_IMAGE=IMAGE"
mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' 2> /dev/null | awk '$2 == "bookworm" { print $1; exit }')
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
echo "base image: making $local_tag with debootstrap (once, about a minute)" >&2
umask 022 # files of the image must be readable in it
chmod 755 "$dir"
debootstrap --variant=minbase --include=ca-certificates bookworm "$dir/root" ${mirror:+"$mirror"} > "$dir/log" 2>&1 ||
	{ tail -5 "$dir/log" >&2; cannot "debootstrap failed"; }
rm -rf "$dir"/root/var/cache/apt/*.bin "$dir"/root/var/cache/apt/archives/*.deb "$dir"/root/var/lib/apt/lists/*
tar -C "$dir/root" -c . | docker import - "$local_tag" > /dev/null
give $local_tag
