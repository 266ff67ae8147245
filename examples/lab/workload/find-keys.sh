#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Lists the files below a folder that hold a private key in PEM: its first line, and a line of base64 after it (many
# programs have the first line alone, as a format). Says if a file is one of Debian's: GnuTLS has keys for its self-test.
# usage: find-keys.sh FOLDER
grep -rlzP -e '-----BEGIN ([A-Z]+ )*PRIVATE KEY-----\r?\n[A-Za-z0-9+/=]{40}' --exclude-dir=proc --exclude-dir=sys "$1" |
	while read -r file; do
		package=$(dpkg -S "$file" 2> /dev/null) && file="$file (public: of Debian's package ${package%%:*})"
		echo "$file"
	done
