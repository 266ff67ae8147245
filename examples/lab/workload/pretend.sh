#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the rogue tries at HOST:PORT with openssl: no certificate at all, or one of its own making that names somebody
# else's SPIFFE ID. Shows the alert that ends it, or the answer.
# usage: pretend.sh HOST:PORT [SPIFFE_ID]
set -eu
own=$(mktemp -d)
trap 'rm -rf "$own"' EXIT
to=$1
if [ $# -gt 1 ]; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$own/key" -out "$own/crt" -days 1 \
		-subj "/CN=pretender" -addext "subjectAltName=URI:$2" \
		-addext "basicConstraints=critical,CA:FALSE" -addext "keyUsage=critical,digitalSignature" 2> /dev/null
	set -- -cert "$own/crt" -key "$own/key"
else
	set --
fi
printf 'GET / HTTP/1.0\r\n\r\n' | timeout 10 openssl s_client -connect "$to" -tls1_3 -ign_eof -brief "$@" 2>&1 |
	grep -E 'alert|HTTP/|refused' | sed 's/^.*routines:[^:]*://; s/:[^:]*rec_layer[^:]*:[0-9]*//'
