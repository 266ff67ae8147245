#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# program: python3 (asyncio, subprocess)
# package: python3
# roles: server, client
# done: start_server and open_connection: 5 MB each way at once on each of 10 connections, the server speaks first; loop.sendfile; subprocess.Popen with pass_fds: two processes inherit a listener and accept from it, a third inherits a connection; OpenSSL's client and server on the other side
# limits: a new process inherits where Popen calls vfork or fork (pass_fds, close_fds=True), not where it calls posix_spawn
. "$(dirname "$0")/../scene.sh"

random large 5000000
keep_path=1 program python3 "$PYTHON"
program nc

cat > "$work/streams.py" << 'PYTHON'
import asyncio, hashlib, sys

port, path = int(sys.argv[2]), sys.argv[3]
data = open(path, "rb").read()
back = data[::-1]


# Says the sum of what came, and sends as much at the same time.
async def served(r, w):
    w.write(b"what is it?\n")
    verb = (await r.readline()).split()
    if verb == [b"file"]:
        await w.drain()
        with open(path, "rb") as f:
            await asyncio.get_running_loop().sendfile(w.transport, f)
    elif verb == [b"take", b"5000000"]:
        async def send():
            for i in range(0, len(back), 100_000):
                w.write(back[i:i + 100_000])
                await w.drain()
        got, _ = await asyncio.gather(r.readexactly(5_000_000), send())
        w.write(hashlib.sha256(got).hexdigest().encode() + b"\n")
        assert await r.read() == b""
    await w.drain()
    w.close()
    await w.wait_closed()


async def server():
    s = await asyncio.start_server(served, "127.0.0.1", port)
    async with s:
        await s.serve_forever()


async def both_ways(n):
    r, w = await asyncio.open_connection("127.0.0.1", port)
    said = await r.readline()
    w.write(b"take 5000000\n")

    async def send():
        w.write(data)
        await w.drain()
        w.write_eof()
    got, _ = await asyncio.gather(r.readexactly(len(back)), send())
    total = await r.readline()
    end = await r.read()
    w.close()
    await w.wait_closed()
    return f"{n} {said} {got == back} {total.decode().strip() == hashlib.sha256(data).hexdigest()} {end}"


async def client():
    for line in await asyncio.gather(*(both_ways(n) for n in range(10))):
        print(line)
    r, w = await asyncio.open_connection("127.0.0.1", port)
    w.write(b"file\n")
    all = await r.read()
    print("file", all == b"what is it?\n" + data)
    w.close()


async def fetch():
    r, w = await asyncio.open_connection("127.0.0.1", port)
    w.write(b"please\n")
    sys.stdout.buffer.write(await r.readexactly(len(data)))
    w.close()


asyncio.run({"server": server, "client": client, "fetch": fetch}[sys.argv[1]]())
PYTHON

# The parent listens and starts two processes that accept, each twice; the connection that it accepts itself goes to a third.
cat > "$work/inherited.py" << 'PYTHON'
import socket, subprocess, sys

role, fd, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
data = open(path, "rb").read()


def say(c, who):
    with c:
        c.sendall(who)
        n = int(c.makefile("rb").readline())
        c.sendall(data[:n])


def start(role, s):
    return subprocess.Popen([sys.executable, __file__, role, str(s.fileno()), path], pass_fds=[s.fileno()])


if role == "parent":
    l = socket.create_server(("127.0.0.1", fd), backlog=16)
    c, _ = l.accept()
    third = start("connection", c)
    c.close()
    third.wait()
    both = [start("listener", l) for _ in range(2)]
    l.close()
    sys.exit(any([p.wait() for p in both + [third]]))
s = socket.socket(fileno=fd)
if role == "listener":
    for _ in range(2):
        say(s.accept()[0], b"a child accepted\n")
else:
    assert s.getpeername()[0] == "127.0.0.1"
    say(s, b"a child inherited\n")
PYTHON

cat > "$work/asking.py" << 'PYTHON'
import socket, sys

port, path = int(sys.argv[1]), sys.argv[2]
data = open(path, "rb").read()
for n in (5_000_000, 1, 1_000_000, 0, 5_000_000):
    with socket.create_connection(("127.0.0.1", port)) as c:
        f = c.makefile("rb")
        said = f.readline()
        c.sendall(b"%d\n" % n)
        print(said, n, f.read() == data[:n])
PYTHON

streams() {
	serve "$work/bin/python3" "$work/streams.py" server "$port" "$work/large" || return 1
	client "$work/bin/python3" "$work/streams.py" client "$port" "$work/large" > "$dir/found"
	stop "$server_pid"
	[ ! -s "$dir/server.err" ] && [ "$(grep -c "^[0-9] b'what is it?.n' True True b''$" "$dir/found")" -eq 10 ] && grep -qx 'file True' "$dir/found"
}

inherited() {
	serve "$work/bin/python3" "$work/inherited.py" parent "$port" "$work/large" || return 1
	client "$work/bin/python3" "$work/asking.py" "$port" "$work/large" > "$dir/found"
	finish 10 "$server_pid"
	echo "parent $?" >> "$dir/found"
	[ "$(grep -c True "$dir/found")" -eq 5 ] && grep -qx 'parent 0' "$dir/found"
}

raw() {
	serve "$work/bin/python3" "$work/streams.py" server "$port" "$work/large" || return 1
	echo file | peer_client > "$dir/found"
	stop "$server_pid"
	[ "$(wc -c < "$dir/found")" -eq 5000012 ]
}

to_a_stranger() {
	peer_server "$work/large" || return 1
	client "$work/bin/python3" "$work/streams.py" fetch "$port" "$work/large" > "$dir/found"
	stop "$server_pid"
	grep -qx please "$dir/heard" && cmp "$dir/found" "$work/large"
}

the_agent agent --ttl 5m
both "asyncio's streams, 10 at once" streams python3 python3
both "python's processes that inherit a listener and a connection" inherited python3 python3
with_openssl "asyncio's sendfile and a client" raw python3 nc
with_openssl "asyncio's streams and a server" to_a_stranger nc python3
plan
