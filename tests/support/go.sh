#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Prints the path of a go command that can build the Go modules here, or says on standard error why there is none
# (status 2). Debian 12's own (1.19) is too old.
set -eu
need=26
for go in "$(command -v go || :)" /usr/local/go/bin/go; do
	[ -x "$go" ] || continue
	minor=$("$go" env GOVERSION | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
	[ "${minor:-0}" -lt $need ] || { echo "$go"; exit; }
done
echo "Go 1.$need or newer is not here (in PATH or in /usr/local/go): https://go.dev/doc/install" >&2
exit 2
