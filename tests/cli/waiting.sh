# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What is said while an identity is waited for. Sourced by run.sh, in $dir; the shim is the real one here.
mkdir -m 755 real
real=$dir/real/svidwrap
api=unix://$dir/wait.sock
sed "s|^default.*|&\nworkload_api: $api|; s/localhost:8443/127.0.0.1:8443/" policy.yaml > wait.yaml
chmod 644 wait.yaml
agent_pid=

lab_agent() { # ENTRY
	"$build/svidwrap-labagent" --listen "$api" --trust-domain corp.local --entry "$1" > agent.log 2>&1 &
	agent_pid=$!
	for _ in $(seq 100); do [ -S wait.sock ] && return; sleep 0.05; done
}
no_agent() { [ -z "$agent_pid" ] || { kill $agent_pid; wait $agent_pid 2> /dev/null; }; agent_pid=; }
# heard REGEX: a line on standard error of the command in the background, within 10 s
heard() { for _ in $(seq 200); do grep -Eq -- "$1" err && return; sleep 0.05; done; return 1; }

# As a container's first process, which has no default actions; TERM comes while it waits.
ends_as_first_process() {
	local pid inner
	unshare --pid --fork "$real" run --policy wait.yaml --wait 60s true > out 2> err &
	pid=$!
	heard 'waiting up to 60s' || return
	read -r inner _ < "/proc/$pid/task/$pid/children" # has no line end
	kill -TERM "$inner"
	for _ in $(seq 60); do [ -d "/proc/$inner" ] || break; sleep 0.05; done
	kill -KILL "$inner" 2> /dev/null && return 1
	wait $pid 2> /dev/null # its status is unshare's
	! grep -q 'no identity' err
}

# Prints the status, and how many bytes came over the connection that is the program's standard error.
cat > told_over_tcp.py <<- 'EOF'
	import socket, subprocess, sys
	with socket.create_server(("127.0.0.1", 0)) as listener:
	    err = socket.create_connection(listener.getsockname())
	    peer, _ = listener.accept()
	run = subprocess.run([sys.argv[1], "run", "--policy", "wait.yaml", "--wait", "2s", "true"], stderr=err)
	err.close()
	print(run.returncode, len(b"".join(iter(lambda: peer.recv(4096), b""))))
EOF

# waits NAME COMMAND...: it starts before the agent, the agent before the entry.
waits() {
	local who=$1 status
	shift
	"$@" > out 2> err &
	local pid=$!
	heard "^svidwrap: $who: waiting up to 60s for the agent: .*$dir/wait.sock: No such file or directory\$" &&
		pass "$who waits for the agent and says so" || fail "$who waits for the agent and says so"
	lab_agent spiffe://corp.local/other=unix:uid:4242
	heard "^svidwrap: $who: waiting up to [1-5]?[0-9]s more for a registration entry: .*PermissionDenied" &&
		pass "$who waits for the entry and says so" || fail "$who waits for the entry and says so"
	no_agent
	lab_agent "spiffe://corp.local/me=unix:uid:$(id -u)"
	wait $pid
	status=$?
	no_agent
	[ $status -eq 0 ] && grep -Eq "$waits_out" out && pass "$who goes on when both are there" ||
		{ fail "$who goes on when both are there"; echo "# status $status"; }
	[ "$(wc -l < err)" -le 5 ] && pass "$who says each reason once" || fail "$who says each reason once"
}

if [ -x "$build/svidwrap-labagent" ] && [ -e "$build/libsvidwrap.so" ]; then
	cp "$build/svidwrap" "$build/libsvidwrap.so" real/ # where everybody may read them
	waits_out='spiffe://corp.local/me$' waits svid "$real" svid --agent "$api" --wait 60s
	waits_out='^main runs$' waits sh "$real" run --policy wait.yaml --wait 60s sh -c 'echo main runs'
	grep -Eq '^svidwrap: sh: got spiffe://corp.local/me after [0-9]+s$' err && pass "run says what it got" || fail "run says what it got"

	says "run gives up at the bound: no agent, and what to do" 125 - \
		'^svidwrap: sh: no identity within 2s: .*wait.sock: No such file or directory; is the agent running' \
		"$real" run --policy wait.yaml --wait 2s sh -c 'echo main runs'
	if unshare --pid --fork true 2> /dev/null; then
		ends_as_first_process && pass "a container's first process can be stopped while it waits" ||
			fail "a container's first process can be stopped while it waits"
	else
		skip "a container's first process can be stopped while it waits" "no namespace can be made"
	fi
	python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("wait.sock")'
	says "... or a socket where nobody listens" 125 - 'no identity within 1s: .*wait.sock: Connection refused; is the agent' \
		"$real" run --policy wait.yaml --wait 1s true
	rm wait.sock
	lab_agent spiffe://corp.local/other=unix:uid:4242
	says "run gives up at the bound: no entry, and what it has to name" 125 - \
		"no identity within 2s: .*PermissionDenied.*; .*uid $(id -u), gid $(id -g), path $(readlink -f /bin/sh).; create one" \
		"$real" run --policy wait.yaml --wait 2s sh -c 'echo main runs'
	# the reader of standard error has gone: no SIGPIPE
	"$real" run --policy wait.yaml --wait 2s true 2>&1 > /dev/null | true
	[ "${PIPESTATUS[0]}" -eq 125 ] && pass "nobody has to read standard error" || fail "nobody has to read standard error"
	says "nothing is said where standard error is a TCP connection" 0 '^125 0$' - python3 told_over_tcp.py "$real"
	says "a wait beyond an int's is a long one, not none" 124 - 'waiting up to 2147484s for' \
		env SVIDWRAP_WAIT=4294967296 timeout 2 "$real" run --policy wait.yaml sh -c 'echo main runs'
	if [ "$(id -u)" -eq 0 ]; then
		chmod 700 wait.sock
		says "run gives up at the bound: a socket that may not be opened" 125 - \
			'no identity within 1s: .*wait.sock: Permission denied; .*may uid 65534 open its socket' \
			as_nobody "$real" run --policy wait.yaml --wait 1s true
		chmod 644 bypass.yaml
		"$real" run --policy bypass.yaml --log stderr setpriv --reuid 65534 --regid 65534 --clear-groups sh -c : 2>&1 |
			grep -q '"event":"policy_loaded".*"program":"sh"' && pass "events go to standard error after an exec as another user" ||
			fail "events go to standard error after an exec as another user"
	else
		skip "events go to standard error after an exec as another user" "not root"
		skip "run gives up at the bound: a socket that may not be opened" "not root"
	fi
	says "run waits for nothing where nothing is enforced" 0 - - "$real" run --policy bypass.yaml --wait 60s --agent "$api" true
	no_agent
	lab_agent "spiffe://corp.local/me=unix:uid:$(id -u)"
	says "an identity at hand is not talked about" 0 '^main runs$' - "$real" run --policy wait.yaml --wait 60s sh -c 'echo main runs'
	no_agent
else
	skip "run waits for the agent and says so" "svidwrap is not built"
fi
