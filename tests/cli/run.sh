#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The svidwrap command, from outside. TAP. The shim is a stand-in here (an empty library): what is tested is what
# `run` refuses and what it hands to the program. BUILD names the folder that holds svidwrap.
set -u
cd "$(dirname "$0")/../.."
root=$PWD
build=$(cd "${BUILD:-build/release}" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cp "$build/svidwrap" "$dir/"
unset LD_PRELOAD SVIDWRAP_POLICY SVIDWRAP_LOG SVIDWRAP_WAIT SPIFFE_ENDPOINT_SOCKET
s=$dir/svidwrap
n=0

pass() { n=$((n + 1)); echo "ok $n - $1"; }
skip() { n=$((n + 1)); echo "ok $n - $1 # SKIP $2"; }
fail() { n=$((n + 1)); echo "not ok $n - $1"; sed 's/^/# /' "$dir/out" "$dir/err"; }

# says CLAIM STATUS STDOUT-REGEX STDERR-REGEX COMMAND...; "" matches anything, "-" only silence
says() {
	local claim=$1 status=$2 out=$3 err=$4 got
	shift 4
	"$@" > "$dir/out" 2> "$dir/err"
	got=$?
	if [ $got -eq "$status" ] && matches "$out" "$dir/out" && matches "$err" "$dir/err"; then
		pass "$claim"
	else
		fail "$claim"
		echo "# status $got, want $status; out /$out/, err /$err/"
	fi
}
matches() { if [ "$1" = - ]; then [ ! -s "$2" ]; else grep -Eq -- "$1" "$2"; fi; }
one_line() { [ "$(wc -l < "$dir/err")" -eq 1 ] && pass "$1" || fail "$1"; }
as_nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }

# ---- programs ----
echo 'int main(int c, char **v) { return c > 1 ? 42 : 0; }' > "$dir/p.c"
gcc -o "$dir/dynamic" "$dir/p.c"
gcc -static -o "$dir/static" "$dir/p.c"
gcc -static-pie -o "$dir/static-pie" "$dir/p.c" 2> /dev/null || cp "$dir/static" "$dir/static-pie"
gcc -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1 -o "$dir/musl" "$dir/p.c"
gcc -Wl,--dynamic-linker=/opt/loader -o "$dir/foreign" "$dir/p.c"
gcc -Wl,--dynamic-linker=/nowhere/ld-linux.so.2 -o "$dir/lost" "$dir/p.c"
# Another C library's loader under glibc's name.
cp "$dir/static" "$dir/ld-linux-other.so.2"
gcc "-Wl,--dynamic-linker=$dir/ld-linux-other.so.2" -o "$dir/otherlibc" "$dir/p.c"
echo 'int unused;' > "$dir/l.c"
python3 - "$dir" << 'EOF'
import sys
d = sys.argv[1]
b = bytearray(open(d + "/dynamic", "rb").read())
b[4] = 3 - b[4]; b[18:20] = (3).to_bytes(2, "little")
open(d + "/i386", "wb").write(b)
b = bytearray(open(d + "/dynamic", "rb").read())
b[18:20] = (183).to_bytes(2, "little")
open(d + "/arm", "wb").write(b)
open(d + "/broken", "wb").write(b[:100])
EOF
chmod 755 "$dir"/{i386,arm,broken}
# Go's build ID, as its linker leaves it in programs that use cgo too.
cat > "$dir/go.s" << 'EOF'
.section .note.go.buildid, "a", @note
.align 4
.long 4, 4, 4
.ascii "Go\0\0"
.ascii "abcd"
.section .note.GNU-stack, "", @progbits
EOF
gcc -o "$dir/go" "$dir/p.c" "$dir/go.s"
echo 'text' > "$dir/text"; chmod 755 "$dir/text"
echo 'text' > "$dir/plain"
script() { printf '%s\n' "$2" > "$dir/$1"; chmod 755 "$dir/$1"; }
script good.sh '#!/bin/sh
exit 7'
script static.sh "#!$dir/static"
script nested.sh "#!$dir/static.sh"
script env.sh '#!/usr/bin/env static'
script envgood.sh '#!/usr/bin/env sh
exit 8'
script noenv.sh '#!/usr/bin/env no-such-program-here'
script nointerp.sh '#!/no/such/interpreter'
script empty.sh '#!'
script loop.sh "#!$dir/loop.sh"

# ---- policies ----
cat > "$dir/policy.yaml" << 'EOF'
version: 1
default: deny
rules:
  - name: in
    accept: "*:8443"
    peers: [spiffe://corp.local/backend, "spiffe://corp.local/batch/*"]
  - name: out
    connect: localhost:8443
    peers: [spiffe://corp.local/ledger]
    timeout: 3s
EOF
printf 'version: 1\ndefault: bypass\nrules: []\n' > "$dir/bypass.yaml"
"$s" check "$dir/bypass.yaml" > /dev/null 2>&1 || printf 'version: 1\ndefault: bypass\nrules:\n  - name: b\n    accept: "*:1"\n    mode: bypass\n' > "$dir/bypass.yaml"
sed '/^default/a workload_api: unix:///run/agent.sock' "$dir/policy.yaml" > "$dir/agent.yaml"
sed 's/localhost/no-such-host.invalid/' "$dir/policy.yaml" > "$dir/names.yaml"
sed 's/peers:/pears:/' "$dir/policy.yaml" > "$dir/wrong.yaml"
cp "$dir/bypass.yaml" "$dir/open.yaml"; chmod 666 "$dir/open.yaml"
chmod 644 "$dir"/{policy,bypass,agent,names,wrong}.yaml

# ---- help and usage ----
says "help lists every subcommand" 0 '^  events ' - "$s" --help
says "help of a subcommand shows its usage" 0 'usage: svidwrap run .*PROGRAM' - "$s" help run
says "a subcommand's --help is its help" 0 'usage: svidwrap check FILE' - "$s" check --help
says "the version is printed" 0 '^svidwrap 0\.1\.0$' - "$s" --version
says "no subcommand is a wrong call" 2 - 'usage:' "$s"
says "an unknown subcommand is a wrong call" 2 - 'frob: no such subcommand' "$s" frob
says "an unknown option of run exits 125" 125 - 'unknown option --frob' "$s" run --frob true
for c in check svid events; do
	says "an unknown option of $c exits 2" 2 - 'unknown option --frob' "$s" $c --frob
done
says "an option without its value exits 125" 125 - '--policy needs a value' "$s" run --policy
says "run without a program exits 125" 125 - 'no program is named' "$s" run --
says "control characters in a message become ?" 2 - 'x[?]y: no such' "$s" "$(printf 'x\033y')"

# ---- no shim ----
says "without libsvidwrap.so nothing runs" 125 - 'libsvidwrap.so is neither here nor in' "$s" run true
echo junk > "$dir/libsvidwrap.so"
says "a libsvidwrap.so that is no library is refused" 125 - 'libsvidwrap.so: is not an ELF file' "$s" run true
gcc -shared -fPIC -o "$dir/libsvidwrap.so" "$dir/l.c"
mkdir -p "$dir/with space" "$dir/inst/bin" "$dir/inst/lib/svidwrap"
cp "$s" "$dir/libsvidwrap.so" "$dir/with space/"
says "a path that LD_PRELOAD cannot name is refused" 125 - 'cannot name a path' "$dir/with space/svidwrap" run true
cp "$s" "$dir/inst/bin/"; cp "$dir/libsvidwrap.so" "$dir/inst/lib/svidwrap/"
says "an installed shim is found in ../lib/svidwrap" 0 "^$dir/inst/lib/svidwrap/libsvidwrap.so\$" - \
	"$dir/inst/bin/svidwrap" run --policy "$dir/bypass.yaml" -- printenv LD_PRELOAD

# ---- programs that would run without the shim ----
run() { "$s" run --policy "$dir/bypass.yaml" -- "$@"; }
refuses() { says "$1" "$2" - "^svidwrap: run: .*$3.*; " run "$4"; one_line "... in one line"; }
refuses "a static program is refused" 126 'is statically linked' "$dir/static"
refuses "a static-pie program is refused" 126 'is statically linked' "$dir/static-pie"
refuses "a musl program is refused" 126 'is linked with musl' "$dir/musl"
refuses "a loader that is not glibc's is refused" 126 "not glibc's" "$dir/foreign"
refuses "a missing loader is refused" 126 'its loader /nowhere/ld-linux.so.2: No such' "$dir/lost"
refuses "the loader of another C library is refused" 126 "is not that of svidwrap's C library" "$dir/otherlibc"
refuses "a Go program is refused, cgo or not" 126 'is a Go program' "$dir/go"
refuses "a 32-bit program is refused" 126 'is a 32-bit program for i386' "$dir/i386"
refuses "a program for another machine is refused" 126 'for AArch64, libsvidwrap.so is' "$dir/arm"
refuses "a broken ELF file is refused" 126 'broken ELF file' "$dir/broken"
refuses "a file that is neither ELF nor script is refused" 126 'is not an ELF file' "$dir/text"
refuses "a folder is refused" 126 'is a directory' "$dir/"
refuses "a file without x is refused" 126 'cannot be executed: Permission denied' "$dir/plain"
refuses "a missing file is not found" 127 'No such file' "$dir/none"
refuses "a missing name is not found" 127 'not found in PATH' no-such-program-here
refuses "a script with a static interpreter is refused" 126 'static.sh: its interpreter .*/static: is statically' "$dir/static.sh"
refuses "a script of such a script is refused" 126 'nested.sh: its interpreter .*is statically' "$dir/nested.sh"
refuses "a script without its interpreter is refused" 126 'its interpreter /no/such/interpreter: No such' "$dir/nointerp.sh"
refuses "a script with an empty line is refused" 126 'names no usable interpreter' "$dir/empty.sh"
refuses "a script that is its own interpreter is refused" 126 'scripts of scripts' "$dir/loop.sh"
refuses "what env cannot find is refused" 126 'no-such-program-here: not found in PATH' "$dir/noenv.sh"
PATH=$dir:$PATH refuses "what env finds in PATH is judged" 126 'is statically linked' "$dir/env.sh"
PATH=$dir:$PATH refuses "a name is found in PATH" 126 'is statically linked' static


if [ "$(id -u)" -eq 0 ] && command -v setpriv > /dev/null; then
	for f in suid sgid caps own lock; do cp "$dir/dynamic" "$dir/$f"; done
	chown 1 "$dir/suid"; chmod 4755 "$dir/suid"
	chgrp 1 "$dir/sgid"; chmod 2755 "$dir/sgid"
	chmod 4755 "$dir/own"
	chgrp 1 "$dir/lock"; chmod 2745 "$dir/lock"
	refuses "a set-user-ID program of another owner is refused" 126 'is set-user-ID' "$dir/suid"
	refuses "a set-group-ID program of another group is refused" 126 'is set-group-ID' "$dir/sgid"
	says "set-user-ID without effect is run" 0 - - run "$dir/own"
	says "set-group-ID without group execute is run" 0 - - run "$dir/lock"
	says "set-user-ID under no_new_privs is run" 0 - - setpriv --no-new-privs "$s" run --policy "$dir/bypass.yaml" "$dir/suid"
	if python3 -c 'import os,sys; os.setxattr(sys.argv[1], "security.capability", bytes.fromhex("0100000200200000000000000000000000000000"))' \
		"$dir/caps" 2> /dev/null; then
		says "file capabilities are refused" 126 - 'has file capabilities' as_nobody "$s" run --policy "$dir/bypass.yaml" "$dir/caps"
		says "file capabilities of root's program have no effect" 0 - - run "$dir/caps"
	else
		skip "file capabilities are refused" "cannot set them here"
	fi
	chmod 711 "$dir/static"
	says "a program that cannot be read is refused" 126 - 'cannot be read' as_nobody "$s" run --policy "$dir/bypass.yaml" "$dir/static"
	chmod 755 "$dir/static"
	says "a differing real user is refused" 126 - 'real and effective user or group differ' \
		setpriv --euid 65534 "$s" run --policy "$dir/bypass.yaml" "$dir/dynamic"
else
	skip "set-user-ID programs are refused" "not root"
fi

# ---- what runs ----
says "a dynamic program runs and keeps its status" 42 - - run "$dir/dynamic" x
# As inetd starts it: what it complains of is nothing for a stranger's eyes.
/usr/bin/python3 - "$s" "$dir/none.yaml" > "$dir/out" 2> "$dir/err" << 'INETD'
import socket, subprocess, sys
listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
service, _ = listener.accept()
listener.close()
status = subprocess.run([sys.argv[1], "run", "--policy", sys.argv[2], "true"], stdin=service, stdout=service, stderr=service)
service.close()
print(status.returncode, client.recv(1000))
INETD
grep -q "^125 b''$" "$dir/out" && pass "as a service of inetd's it complains to nobody on the network" || fail "as a service of inetd's it complains to nobody on the network"
says "-- is optional" 42 - - "$s" run --policy "$dir/bypass.yaml" "$dir/dynamic" --policy
says "a script runs" 7 - - run "$dir/good.sh"
says "a script of env runs" 8 - - run "$dir/envgood.sh"
says "the shim is first in LD_PRELOAD and only once" 0 "^$dir/libsvidwrap.so:$dir/other.so\$" '' \
	env LD_PRELOAD="$dir/other.so:$dir/libsvidwrap.so" "$s" run --policy "$dir/bypass.yaml" printenv LD_PRELOAD
says "it is there in the program" 0 'libsvidwrap.so' - run grep -m1 libsvidwrap.so /proc/self/maps
cd "$dir" || exit 1
says "a relative policy becomes absolute" 0 "^$dir/bypass.yaml\$" - "$s" run --policy bypass.yaml printenv SVIDWRAP_POLICY
says "a relative log becomes absolute" 0 "^$dir/a.log\$" - "$s" run --policy bypass.yaml --log a.log printenv SVIDWRAP_LOG
says "--wait is handed on in milliseconds" 0 '^2500$' - "$s" run --policy=bypass.yaml --wait=2500ms printenv SVIDWRAP_WAIT
says "--wait in minutes" 0 '^120000$' - "$s" run --policy bypass.yaml --wait 2m printenv SVIDWRAP_WAIT
says "--agent is handed on" 0 '^unix:///a.sock$' - \
	"$s" run --policy policy.yaml --agent unix:///a.sock printenv SPIFFE_ENDPOINT_SOCKET
says "the policy's agent is enough" 0 - - "$s" run --policy agent.yaml "$dir/dynamic"
says "the environment's agent is enough" 0 - - env SPIFFE_ENDPOINT_SOCKET=unix:///a.sock "$s" run --policy policy.yaml "$dir/dynamic"
says "SVIDWRAP_POLICY names the policy" 0 - - env SVIDWRAP_POLICY=bypass.yaml "$s" run "$dir/dynamic"

# ---- what run refuses of its own setting ----
says "a wait that is no duration" 125 - '--wait soon: not a duration' "$s" run --policy bypass.yaml --wait soon true
says "a wait beyond a day" 125 - 'not a duration' "$s" run --policy bypass.yaml --wait 25h true
says "enforce without an agent" 125 - "no agent's address" "$s" run --policy policy.yaml true
says "two agents" 125 - 'says workload_api: unix:///run/agent.sock' "$s" run --policy agent.yaml --agent unix:///b.sock true
says "an agent's address that is none" 125 - '--agent: /run/x.sock: ' "$s" run --policy policy.yaml --agent /run/x.sock true
"$s" run --policy bypass.yaml --log stderr printenv SVIDWRAP_LOG 2>&1 | grep -qx stderr && pass "the log may be the pipe of standard error" ||
	fail "the log may be the pipe of standard error"
says "... but no other standard error" 125 - '--log: standard error is not a pipe' "$s" run --policy bypass.yaml --log stderr true
says "a log in a missing folder" 125 - '--log: nowhere/x: cannot open' "$s" run --policy bypass.yaml --log nowhere/x true
ln -s a.log link.log
says "a log that is a link" 125 - 'may not be a symbolic link' "$s" run --policy bypass.yaml --log link.log true
says "a missing policy" 125 - 'svidwrap: run: .*none.yaml.*No such file' "$s" run --policy none.yaml true
says "a policy that others may write" 125 - 'svidwrap: run: .*open.yaml' "$s" run --policy open.yaml true
says "a wrong policy, with its place" 125 - 'wrong.yaml:6:5: error' "$s" run --policy wrong.yaml true
says "a name that does not resolve, with its place" 125 - 'names.yaml:8:14: error: no-such-host.invalid does not resolve' \
	"$s" run --policy names.yaml --agent unix:///a.sock true

# ---- check ----
says "check says that a policy is valid" 0 '^policy.yaml: policy is valid: 2 rules, default deny$' - "$s" check policy.yaml
grep -Eq '^  out +connect +localhost:8443 +enforce +3s +spiffe://corp.local/ledger$' out && pass "check shows a rule" || fail "check shows a rule"
grep -Eq '^ +spiffe://corp.local/batch/\*$' out && pass "check shows further peers" || fail "check shows further peers"
says "check warns on standard error" 0 'default bypass' '.' "$s" check bypass.yaml
says "check shows the place and a caret" 1 - 'wrong.yaml:6:5: error' "$s" check wrong.yaml
grep -q '\^' err && pass "... the caret" || fail "... the caret"
says "check resolves names" 1 - 'does not resolve' "$s" check names.yaml
says "check without a file is a wrong call" 2 - 'name one policy' "$s" check
says "check --json is one JSON object" 0 . - "$s" check policy.yaml --json
python3 -c 'import json,sys; d=json.load(open("out")); r=d["rules"]; assert d["default"]=="deny" and r[0]["address"]=="*:8443" and r[1]["timeout_ms"]==3000 and len(r[0]["peers"])==2' \
	2>> err && pass "check --json has the rules" || fail "check --json has the rules"

# ---- svid ----
says "svid without an address" 1 - "no agent's address" "$s" svid
says "svid without an agent says so" 1 - 'none.sock.*is the agent running' "$s" svid --agent "unix://$dir/none.sock" --wait 300ms
says "svid takes no operands" 2 - 'takes no operands' "$s" svid x
if [ -x "$build/svidwrap-labagent" ]; then
	mkdir -m 755 sock
	"$build/svidwrap-labagent" --listen "unix://$dir/sock/a" --trust-domain corp.local \
		--entry "spiffe://corp.local/me=unix:uid:$(id -u)" > agent.log 2>&1 &
	agent=$!
	for _ in $(seq 50); do [ -S sock/a ] && break; sleep 0.1; done
	says "svid shows the identity" 0 '^SPIFFE ID +spiffe://corp.local/me$' - "$s" svid --agent "unix://$dir/sock/a"
	grep -q '^trusts  *corp.local, 1 authority$' out && pass "... and who is trusted" || fail "... and who is trusted"
	says "svid --json is one JSON object" 0 '"id":"spiffe://corp.local/me"' - "$s" svid --json --agent "unix://$dir/sock/a"
	python3 -m json.tool out > /dev/null 2>> err && pass "... that parses" || fail "... that parses"
	if [ "$(id -u)" -eq 0 ]; then
		says "a process without an entry is told what to create" 1 - 'no registration entry matching this process .uid 65534' \
			as_nobody "$s" svid --agent "unix://$dir/sock/a" --wait 500ms
	fi
	kill $agent; wait $agent 2> /dev/null
else
	skip "svid shows the identity" "no svidwrap-labagent in $build"
fi

. "$root/tests/cli/waiting.sh"

# ---- events ----
cat > e.log << 'EOF'
{"time":"2026-01-01T00:00:00.123Z","event":"handshake_refused","pid":4711,"program":"app","role":"server","rule":"in","peer_id":"spiffe://corp.local/web","phase":"authorization","error":"ERR_PEER_DENIED","alert":"access_denied","reason":"not in the \u001b[2Jrule"}
{"time":"2026-01-01T00:00:01.000Z","event":"handshake_ok","pid":4711,"program":"app","role":"client"}
no JSON at all
{"event":{"deep":[1,{"a":2}]}}
{"cut short
EOF
printf 'esc\033[2J\377\n{"event":"last"}' >> e.log
says "events shows a refusal in one line" 0 \
	'^2026-01-01 00:00:00  handshake_refused  app\[4711\]  server  peer spiffe://corp.local/web  rule in: authorization: not in the .*ERR_PEER_DENIED  alert access_denied$' - \
	env TZ=UTC "$s" events e.log
grep -q 'handshake_ok .*: mutual TLS is up' out && pass "... says what an event means" || fail "... says what an event means"
grep -q '^no JSON at all$' out && grep -q '^{"cut short$' out && pass "malformed lines are shown" || fail "malformed lines are shown"
grep -q '^esc?\[2J?$' out && ! grep -q "$(printf '\033')" out && pass "control characters are not" || fail "control characters are not"
grep -q 'last' out && pass "a last line without its end is shown" || fail "a last line without its end is shown"
says "times are local" 0 '^2026-01-01 05:30:00' - env TZ=Asia/Kolkata "$s" events e.log
"$s" events --json e.log > out; { cat e.log; echo; } | cmp -s - out && pass "--json passes lines through" || fail "--json passes lines through"
says "SVIDWRAP_LOG is the default" 0 handshake_ok - env SVIDWRAP_LOG=e.log "$s" events
says "no log is a wrong call" 2 - 'no log is named' "$s" events
says "a missing log" 1 - 'none.log: No such file' "$s" events none.log
says "a folder for a log" 1 - 'Is a directory' "$s" events .

# wait_for TEXT: in out, for at most 5 s
wait_for() { for _ in $(seq 50); do grep -q "$1" out && return 0; sleep 0.1; done; return 1; }
echo '{"event":"one"}' > f.log
"$s" events --follow f.log > out 2> err &
pid=$!
wait_for one && echo '{"event":"two"}' >> f.log && wait_for two && pass "--follow shows what is added" || fail "--follow shows what is added"
mv f.log f.log.1 && echo '{"event":"three"}' > f.log && wait_for three && pass "--follow survives a rename" || fail "--follow survives a rename"
: > f.log; sleep 0.5; echo '{"event":"four"}' >> f.log; wait_for four && pass "--follow survives a cut" || fail "--follow survives a cut"
kill $pid; wait $pid 2> /dev/null

echo "1..$n"
