#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# What the preloaded object gives to and takes from the program it is loaded into.
. "$(dirname "$0")/../support/lab.sh"

so="$BUILD/libsvidwrap.so"
[ -e "$so" ] || { skip "the exported names" "the shim is not built"; plan; exit; }

names() { sed -nE 's/^(SYM|OLD|ALIAS)\(([^,]*), ([a-zA-Z0-9_]+), .*/\3/p' shim/symbols.def | sort; }
aliases() { sed -nE 's/^ALIAS\(.*, ([a-zA-Z0-9_]+), \(.*\), ([a-zA-Z0-9_]+)\)$/\1 \2/p' shim/symbols.def; }
# dynamic FILE: what it exports, without versions
dynamic() { nm -D --defined-only "$1" | sed -nE 's/^[0-9a-f]* [TWiu] ([^@]+).*/\1/p' | sort -u; }

libc=$(ldd "$so" | sed -nE 's/.*libc\.so\.6 => ([^ ]+) .*/\1/p')
names > "$work/listed"
dynamic "$so" > "$work/exported"
dynamic "$libc" > "$work/libc"

# none NAME LINES: a result; the lines are what is wrong
none() {
	[ -z "$2" ] || sed 's/^/# /' <<< "$2" >&2
	[ -z "$2" ]
	ok $? "$1"
}

[ "$(wc -l < "$work/listed")" -ge 60 ] && [ -s "$work/libc" ]
ok $? "the list and libc can be read"
none "every name is listed once" "$(uniq -d "$work/listed")"
none "libc exports every name that is listed" "$(comm -23 "$work/listed" "$work/libc")"
# Of the others the loader says "undefined", and allocates to say so: no program with an allocator of its own would start.
none "every name has the version under which it is looked for" "$(nm -D --defined-only "$libc" | awk '
	NR == FNR { kind[$2] = $1; next }
	{ name = $3; sub(/@.*/, "", name) }
	$3 ~ /@@/ { default_of[name] = 1 }
	$3 ~ /@GLIBC_2\.2\.5$/ { old[name] = 1 }
	END { for (n in kind) if (kind[n] == "SYM" ? !default_of[n] : !old[n]) print n }
' <(sed -nE 's/^(SYM|OLD)\(([^,]*), ([a-zA-Z0-9_]+), .*/\1 \3/p' shim/symbols.def) -)"
none "the shim exports every name that is listed" "$(comm -23 "$work/listed" "$work/exported")"
none "the shim exports nothing else" "$(comm -13 "$work/listed" "$work/exported")"
none "no data is exported" "$(nm -D --defined-only "$so" | grep -E ' [BDRVSG] ')"
none "an alias is its original" "$(while read -r alias of; do
	[ "$(nm -D "$so" | awk -v n="$alias" '$3 == n { print $1 }')" = \
		"$(nm -D "$so" | awk -v n="$of" '$3 == n { print $1 }')" ] || echo "$alias is not $of"
done < <(aliases))"
none "libc and its loader are all that it needs" "$(readelf -d "$so" |
	sed -nE 's/.*\(NEEDED\).*\[(.*)\]/\1/p' | grep -Ev '^(libc\.so\.6|ld-linux.*\.so\.[0-9]+)$')"
none "no relocation in its code, no executable stack" "$(readelf -d "$so" | grep -w TEXTREL
	readelf -lW "$so" | grep -E 'GNU_STACK.*E')"

# What touches descriptors in libc is interposed, or there is a reason why not.
libraries=("$libc")
for l in libresolv.so.2 libanl.so.1 librt.so.1 libpthread.so.0 ld-linux-x86-64.so.2; do
	[ ! -e "${libc%/*}/$l" ] || libraries+=("${libc%/*}/$l")
done
tests/exports/reach.py "${libraries[@]}" > "$work/touching"
comm -23 "$work/touching" "$work/listed" > "$work/left"
touching=$(wc -l < "$work/touching")
[ "$touching" -ge 800 ] && grep -qx read "$work/touching" && grep -qx getaddrinfo "$work/touching" && ! grep -qx strlen "$work/touching"
ok $? "the functions that touch descriptors can be told from others ($touching)"
# of LIST: which words of harmless.def match no name there (-v: some name), which names no word matches
harmless() {
	sed -n 's/^\t//p' tests/exports/harmless.def | tr ' ' '\n' | sed 's/\*/.*/g; s/.*/^&$/' | grep -v '^^[$]$' > "$work/words"
	case $1 in
	stale) while read -r w; do grep -q -- "$w" "$2" || echo "$w"; done < "$work/words" ;;
	both) grep -xf "$work/words" "$2" ;;
	neither) grep -vf "$work/words" "$2" ;;
	esac
}
none "each is interposed, or in harmless.def with a reason" "$(harmless neither "$work/left")"
none "none is in both: what is interposed leaves harmless.def" "$(harmless both "$work/listed")"
none "harmless.def has nothing that libc has not" "$(harmless stale "$work/left")"

# syscall(2) by number: numbers.def says of each what becomes of it.
sed -nE 's/^#define __NR_([a-z0-9_]+) [0-9]+$/\1/p' < <(echo '#include <asm/unistd_64.h>' | gcc -E -dM -) | sort > "$work/numbers"
grep -oE '\b(WRAPPED\(|PLAIN\([A-Z]+, )[a-z0-9_]+' shim/numbers.def | sed -E 's/.*[(, ]//' | sort > "$work/classified"
[ "$(wc -l < "$work/numbers")" -ge 300 ]
ok $? "the system's list of system calls can be read"
none "every system call is classified" "$(comm -23 "$work/numbers" "$work/classified")"
none "and once" "$(uniq -d "$work/classified")"

# Every name under which libc does the same thing: whoever calls one that is not listed is past the shim.
none "no other name of libc's stands for a listed function" "$(nm -D --defined-only "$libc" | awk '
	NR == FNR { listed[$1] = 1; next }
	{ name = $3; private = name ~ /GLIBC_PRIVATE/; sub(/@.*/, "", name)
	  if (private || $2 !~ /[TWi]/) next
	  at[name] = $1; names[$1] = names[$1] " " name }
	END { for (l in listed) { n = split(names[at[l]], others, " ")
		for (i = 1; i <= n; i++) if (!(others[i] in listed)) print others[i] " is " l } }
' "$work/listed" - | sort -u)"
plan
