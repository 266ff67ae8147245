#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the folder that holds SPIRE's spire-server and spire-agent: SPIRE_BIN if it is set, else the cache. With
# --build, builds them into the cache if they are not there: Go's module proxy, 5 to 15 minutes on two cores.
# Status 2: they are not there (the reason on standard error).
set -eu
cd "$(dirname "$0")"
version=$(sed -n 's|^\(require\)\{0,1\}[[:space:]]*github.com/spiffe/spire v\([0-9.]*\).*|\2|p' go.mod)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/svidwrap/spire-$version
has() { [ -x "$1/spire-server" ] && [ -x "$1/spire-agent" ]; }

if [ -n "${SPIRE_BIN:-}" ]; then
	has "$SPIRE_BIN" || { echo "SPIRE_BIN=$SPIRE_BIN: spire-server and spire-agent are not there" >&2; exit 2; }
	cd "$SPIRE_BIN" && pwd -P
	exit
fi
if ! has "$cache"; then
	if [ "${1:-}" != --build ]; then
		echo "SPIRE is not here: 'make spire' builds it, SPIRE_BIN=FOLDER names one that has it" >&2
		exit 2
	fi
	go=$(../support/go.sh) || exit 2
	mkdir -p "$cache"
	for p in agent server; do
		echo "building spire-$p $version (once, some minutes)" >&2
		CGO_ENABLED=1 "$go" build -trimpath -buildvcs=false -ldflags "-s -w -X github.com/spiffe/spire/pkg/common/version.gittag=$version" \
			-o "$cache/.spire-$p" "github.com/spiffe/spire/cmd/spire-$p" >&2
		mv "$cache/.spire-$p" "$cache/spire-$p"
	done
fi
echo "$cache"
