# SPDX-License-Identifier: Apache-2.0
"""What is no rate: memory of idle connections, start-up, instructions and system calls of single operations."""
import os
import re
import signal
import statistics
import subprocess
import time

from lab import Stopped, family
from programs import native_suite, redis, redis_client
from variants import set_up

IDLE_VARIANTS = ("plain", "native TLS", "svidwrap")


def pss_kib(processes):
    total = 0
    for pid in family(p.pid for p in processes):
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
            total += int(re.search(r"^Pss: +(\d+)", f.read(), re.M)[1])
    return total


def established(port):
    with open("/proc/net/tcp", encoding="ascii") as f:
        return sum(1 for line in f if line.split()[3] == "01" and line.split()[1].endswith(f":{port:04X}"))


def wake_ups(processes, seconds=5):
    """A second, of all their threads."""
    def switches():
        total = 0
        for pid in family(p.pid for p in processes):
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/status", encoding="ascii") as f:
                    total += int(re.search(r"^voluntary_ctxt_switches:\s+(\d+)", f.read(), re.M)[1])
        return total
    before = switches()
    time.sleep(seconds)
    return (switches() - before) / seconds


def idle(lab, count, variant):
    """Of `count` idle connections: (KiB for each in the server, in the client, wake-ups a second of both)."""
    path = set_up(lab, variant)
    server = redis(lab, path)
    used = []
    for n in (1, count):
        command = ["redis-benchmark", "-p", str(path.client_port), "-I", "-c", str(n)]
        if path.native_client:
            command += ["--tls", "--cert", lab.cert, "--key", lab.key, "--cacert", lab.ca]
        client = lab.spawn(path.on_client + command, f"idle-{n}-{path.server_port}", env=native_suite(lab))
        settle(lab, path.server_port, n, client)
        used.append((pss_kib(server), pss_kib([client])))
        awake = wake_ups(server + [client]) if n == count else 0
        lab.stop([client])
    lab.stop(server)
    return *((used[1][i] - used[0][i]) / (count - 1) for i in (0, 1)), awake


def settle(lab, port, count, client):
    """Until all are there and nobody has anything to do with them any more."""
    end, quiet, before = time.monotonic() + 240, 0, -1.0
    while quiet < 5:
        if time.monotonic() > end or client.poll() is not None:
            raise Stopped(f"{count} idle connections do not come to rest: {lab.errors(client.name)}")
        time.sleep(0.2)
        now = sum(int(f[11]) + int(f[12]) for f in family([client.pid]).values())
        quiet = quiet + 1 if now == before and established(port) >= count else 0
        before = now


def idles(lab, quick):
    for count in (1000,) if quick else (1000, 10000):
        found = {v: idle(lab, count, v) for v in IDLE_VARIANTS}
        for v in IDLE_VARIANTS[1:]:
            for i, side in enumerate(("server", "client")):
                yield f"memory of an idle connection over plain's, {side}, {count} of them, {v}", found[v][i] - found["plain"][i], "KiB"
            yield f"wake-ups of server and client with {count} idle connections over plain's, {v}", found[v][2] - found["plain"][2], "/s"


def start_up(lab, quick):
    """Milliseconds that svidwrap adds to the start of a program, by pairs of loops."""
    policy = lab.policy("start", [lab.port()])
    for program, times in (("/bin/true", 200 if quick else 500), ("/usr/bin/python3 -c pass", 30 if quick else 100)):
        loop = ["sh", "-c", f"i=0; while [ $i -lt {times} ]; do {program}; i=$((i+1)); done"]
        added = []
        for _ in range(3 if quick else 7):
            took = []
            for command in (loop, lab.under(policy) + loop):
                began = time.monotonic()
                lab.run(command)
                took.append(time.monotonic() - began)
            added.append(1000 * (took[1] - took[0]) / times)
        yield f"start-up of {program}, added", statistics.median(added), "ms"


def system_calls(lab, quick):
    """Of a redis server for each request, -P 1, seen by strace."""
    requests = 5000
    for variant in IDLE_VARIANTS:
        path = set_up(lab, variant)
        server = redis(lab, path)
        client = redis_client("-c", "50", "-t", "set", warm=requests)
        command, env, _ = client(lab, path, False)
        lab.run(command, env)
        seen = lab.path("strace.out")
        counts = []
        for n in (requests, 2 * requests):
            command, env, _ = redis_client("-c", "50", "-t", "set", warm=n)(lab, path, False)
            tracer = subprocess.Popen(["strace", "-f", "-qq", "-c", "-o", seen, "-p", str(server[0].pid)], stderr=subprocess.PIPE)
            while b"TracerPid:\t0" in open(f"/proc/{server[0].pid}/status", "rb").read():
                time.sleep(0.01)
            lab.run(command, env)
            tracer.send_signal(signal.SIGINT)
            tracer.wait()
            with open(seen, encoding="ascii") as f:
                counts.append(int(next(line for line in f if line.rstrip().endswith("total")).split()[3]))
        lab.stop(server)
        yield f"system calls for each request, redis -P 1, {variant}", (counts[1] - counts[0]) / requests, ""


def instructions(lab, quick):
    p = subprocess.run(["tests/bench/count.sh"], capture_output=True, text=True, check=False, env=dict(os.environ, BUILD=lab.build))
    if p.returncode:
        raise Stopped(p.stderr)
    for line in p.stdout.splitlines():
        name, count = line.split()
        yield f"instructions, {name}", int(count), ""


def measure(lab, quick, say):
    found = []
    for what in (instructions, system_calls, start_up, idles):
        try:
            for name, value, unit in what(lab, quick):
                say(f"  {name}: {value:.2f} {unit}")
                found.append({"name": name, "value": value, "unit": unit})
        except Stopped as e:
            say(f"{what.__name__}: left out: {e}")
    return found
