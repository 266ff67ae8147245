# SPDX-License-Identifier: Apache-2.0
"""A work folder, ports, an agent, processes that do not outlive it, and the CPU that they take."""
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

ID = "spiffe://corp.local/bench"
NATIVE_ID = "spiffe://corp.local/native"
SUITE = "TLS_AES_128_GCM_SHA256"  # svidwrap's first choice
TICK = os.sysconf("SC_CLK_TCK")


class Stopped(Exception):
    """What the bench cannot go on without."""


class Lab:
    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.work = tempfile.mkdtemp(prefix="svidwrap-bench.")
        os.chmod(self.work, 0o755)
        self.processes = []
        self.taken = set()
        self.rotating = None
        self.native = self.path("native")
        self.agent = self.start_agent("agent", ["--issue", f"{NATIVE_ID}={self.native}"])
        self._native_files()

    def path(self, *words):
        return os.path.join(self.work, *words)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    # ---- identities ----

    def start_agent(self, name, options=()):
        """The Workload API address of a lab agent that gives everybody here the same ID."""
        api = f"unix://{self.path(name + '.sock')}"
        ready, told = os.pipe()
        self.spawn([f"{self.build}/svidwrap-labagent", "--listen", api, "--trust-domain", "corp.local", "--ttl", "6h",
                    "--ready-fd", str(told), *(word for uid in users() for word in ("--entry", f"{ID}=unix:uid:{uid}")), *options],
                   name, pass_fds=[told])
        os.close(told)
        if os.read(ready, 1) == b"":
            raise Stopped(f"the lab agent did not start: {self.errors(name)}")
        os.close(ready)
        return api

    def rotating_agent(self):
        """One that issues new SVIDs each second (SIGUSR1)."""
        if not self.rotating:
            self.rotating = self.start_agent("rotating-agent")
            p = self.processes[-1]

            def rotate():
                while p.poll() is None:
                    p.send_signal(signal.SIGUSR1)
                    time.sleep(1)
            threading.Thread(target=rotate, daemon=True).start()
        return self.rotating

    def _native_files(self):
        """What programs with TLS of their own want: one file for HAProxy, a suite for all (OPENSSL_CONF)."""
        both = "".join(open(f"{self.native}/{f}.pem", encoding="ascii").read() for f in ("svid", "key"))
        self.cert, self.key, self.ca = (f"{self.native}/{f}.pem" for f in ("svid", "key", "bundle"))
        self.cert_and_key = self.write("native/both.pem", both, 0o600)
        self.openssl_conf = self.write("openssl.cnf", f"openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\n"
                                       f"system_default = tls\n[tls]\nMinProtocol = TLSv1.3\nCiphersuites = {SUITE}\n")

    def policy(self, name, ports, agent=None):
        peers = f'peers: ["{ID}", "{NATIVE_ID}"]'
        rules = "".join(f"""
  - {{ name: in-{p}, accept: "*:{p}", {peers} }}
  - {{ name: out-{p}, connect: "*:{p}", {peers} }}""" for p in ports)
        return self.write(f"{name}.policy", f"""version: 1
default: bypass
workload_api: {agent or self.agent}
rules:{rules}
""")

    def under(self, policy):
        self.write(os.path.basename(policy) + ".log", "", 0o666)
        return [f"{self.build}/svidwrap", "run", "--policy", policy, "--log", policy + ".log", "--"]

    # ---- processes ----

    def port(self):
        while True:
            port = random.randrange(12000, 30000)
            with socket.socket() as s:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    s.bind(("0.0.0.0", port))
                except OSError:
                    continue
            if port not in self.taken:
                self.taken.add(port)
                return port

    def spawn(self, command, name, env=None, **options):
        with open(self.path(name + ".out"), "wb") as out, open(self.path(name + ".err"), "wb") as err:
            p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.work,
                                 env=dict(os.environ, **(env or {})), start_new_session=True, **options)
        p.name = name
        self.processes.append(p)
        return p

    def serve(self, command, name, port, **options):
        """spawn, and wait until it listens on that port."""
        p = self.spawn(command, name, **options)
        end = time.monotonic() + 20
        while not listening(port):
            if p.poll() is not None or time.monotonic() > end:
                raise Stopped(f"{' '.join(command)}\ndoes not listen on port {port}: {self.errors(name)}")
            time.sleep(0.02)
        return p

    def errors(self, name):
        text = "".join(open(self.path(name + end), errors="replace").read() for end in (".out", ".err"))
        return text[-1500:] or "it said nothing"

    def run(self, command, env=None, timeout=120, **options):
        """A client, to its end: its output, and the CPU seconds of it and its children."""
        before = os.times()
        p = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.work,
                           env=dict(os.environ, **(env or {})), timeout=timeout, check=False, **options)
        after = os.times()
        text = p.stdout.decode(errors="replace")
        if p.returncode:
            raise Stopped(f"{' '.join(command)}\nended with status {p.returncode}: {(text + p.stderr.decode(errors='replace'))[-1500:]}")
        return text, (after.children_user - before.children_user) + (after.children_system - before.children_system)

    def stop(self, processes):
        for p in processes:
            if p.poll() is None:
                os.killpg(p.pid, signal.SIGTERM)
        for p in processes:
            try:
                p.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()
            if p in self.processes:
                self.processes.remove(p)

    def end(self):
        self.stop(list(self.processes))
        shutil.rmtree(self.work, ignore_errors=True)


def users():
    """Who gets the ID: us, and what PostgreSQL has to run as."""
    return [os.getuid()] + [p.pw_uid for p in pwd.getpwall() if p.pw_name == "postgres"]


def listening(port):
    want = f":{port:04X} "
    for name in ("/proc/net/tcp", "/proc/net/tcp6"):
        with open(name, encoding="ascii") as f:
            for line in f:
                words = line.split()
                if words[3] == "0A" and (words[1] + " ").endswith(want):
                    return True
    return False


def family(pids):
    """These processes and their descendants: {pid: the fields of its stat after the name}."""
    stats, children = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as f:
                fields = f.read().rpartition(")")[2].split()
        except OSError:
            continue
        stats[int(pid)] = fields
        children.setdefault(int(fields[1]), []).append(int(pid))
    found, todo = {}, list(pids)
    while todo:
        pid = todo.pop()
        if pid in stats and pid not in found:
            found[pid] = stats[pid]
            todo += children.get(pid, [])
    return found


def cpu_seconds(processes):
    """What they and their descendants took, with those that ended and were waited for."""
    return sum(sum(int(f[n]) for n in (11, 12, 13, 14)) for f in family(p.pid for p in processes).values()) / TICK
