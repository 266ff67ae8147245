#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the path of ghostunnel: GHOSTUNNEL_BIN if it is set, else the one in the user's cache. With --build, builds it
# there if it is not: Go's module proxy, a minute or two. Status 2: it is not there (the reason on standard error).
set -eu
cd "$(dirname "$0")"
version=$(sed -n "s|^.*github.com/ghostunnel/ghostunnel v\\([0-9.]*\\).*|\\1|p" go.mod)
binary=${GHOSTUNNEL_BIN:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/svidwrap/ghostunnel-$version}
if [ ! -x "$binary" ]; then
	if [ -n "${GHOSTUNNEL_BIN:-}" ] || [ "${1:-}" != --build ]; then
		echo "ghostunnel is not here: '$0 --build' builds it, GHOSTUNNEL_BIN=PATH names one" >&2
		exit 2
	fi
	go=$(../../support/go.sh) || exit 2
	mkdir -p "$(dirname "$binary")"
	echo "building ghostunnel $version (once, a minute or two)" >&2
	CGO_ENABLED=0 "$go" build -trimpath -buildvcs=false -ldflags "-s -w" -o "$binary.new" github.com/ghostunnel/ghostunnel >&2
	mv "$binary.new" "$binary"
fi
echo "$binary"
