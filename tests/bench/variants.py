# SPDX-License-Identifier: Apache-2.0
"""How what a client says to a server is protected: a table of variants, and what each needs to be set up."""
import subprocess

from lab import ID, SUITE, Stopped


class Path:
    """One client-to-server path that has been set up. A program's server listens on server_port, its client connects to
    client_port; back_port is for a server behind the server; on_server and on_client come before their commands;
    native_server and native_client say whether they speak TLS themselves; proxies are the processes between."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.server_port = self.client_port = lab.port()
        self.back_port = lab.port()
        self.on_server, self.on_client, self.proxies = [], [], []
        self.native_server = self.native_client = False
        self.rate = None  # of the client, once that is known


def plain(lab, path):
    pass


def native(lab, path):
    path.native_server = path.native_client = True


def wrap(lab, path, agent=None):
    return lab.under(lab.policy(f"{path.name}-{path.server_port}".replace(" ", "-"), (path.server_port, path.back_port), agent))


def svidwrap(lab, path):
    path.on_server = path.on_client = wrap(lab, path)


def rotating(lab, path):
    path.on_server = path.on_client = wrap(lab, path, lab.rotating_agent())


def server_only(lab, path):
    path.on_server, path.native_client = wrap(lab, path), True


def client_only(lab, path):
    path.on_client, path.native_server = wrap(lab, path), True


def between(path):
    """The port that the client's proxy listens on, and the one between the proxies."""
    path.client_port = path.lab.port()
    return path.client_port, path.lab.port()


def stunnel(lab, path):
    near, far = between(path)
    common = (f"foreground = yes\nsyslog = no\ndebug = err\npid =\ncert = {lab.cert}\nkey = {lab.key}\nCAfile = {lab.ca}\n"
              f"verifyChain = yes\nsslVersion = TLSv1.3\nciphersuites = {SUITE}\nsocket = l:TCP_NODELAY=1\nsocket = r:TCP_NODELAY=1\n")
    for side, words, port in (("server", f"accept = 127.0.0.1:{far}\nconnect = 127.0.0.1:{path.server_port}\n", far),
                              ("client", f"client = yes\naccept = 127.0.0.1:{near}\nconnect = 127.0.0.1:{far}\n", near)):
        name = f"stunnel-{side}-{port}"
        path.proxies.append(lab.serve(["stunnel", lab.write(name + ".conf", f"{common}[it]\n{words}")], name, port))


def haproxy(lab, path):
    near, far = between(path)
    tls = f"ssl crt {lab.cert_and_key} ca-file {lab.ca}"
    for side, bind, server, port in (
            ("server", f"127.0.0.1:{far} {tls} verify required", f"127.0.0.1:{path.server_port}", far),
            ("client", f"127.0.0.1:{near}", f"127.0.0.1:{far} {tls} verify required", near)):
        name = f"haproxy-{side}-{port}"
        conf = lab.write(name + ".conf", f"""global
  maxconn 4000
  ssl-default-bind-ciphersuites {SUITE}
  ssl-default-server-ciphersuites {SUITE}
defaults
  mode tcp
  timeout connect 10s
  timeout client 10m
  timeout server 10m
listen it
  bind {bind}
  server s {server}
""")
        path.proxies.append(lab.serve(["haproxy", "-db", "-f", conf], name, port))


def ghostunnel(lab, path):
    """With SVIDs from the agent: from files it wants the host's name in the certificate. Go chooses the suite itself: the same
    one where the processor has AES."""
    near, far = between(path)
    tls = ["--use-workload-api-addr", lab.agent, "--quiet", "conns"]
    for side, words, port in (
            ("server", ["--listen", f"127.0.0.1:{far}", "--target", f"127.0.0.1:{path.server_port}", "--allow-uri", ID], far),
            ("client", ["--listen", f"127.0.0.1:{near}", "--target", f"127.0.0.1:{far}", "--verify-uri", ID], near)):
        path.proxies.append(lab.serve([ghostunnel_binary(), side, *words, *tls], f"ghostunnel-{side}-{port}", port))


def ghostunnel_binary():
    said = subprocess.run(["tests/bench/ghostunnel/binary.sh"], capture_output=True, text=True, check=False)
    if said.returncode:
        raise Stopped(said.stderr)
    return said.stdout.strip()


VARIANTS = {
    "plain": plain,
    "native TLS": native,
    "svidwrap": svidwrap,
    "stunnel pair": stunnel,
    "HAProxy pair": haproxy,
    "ghostunnel pair": ghostunnel,
    "svidwrap server, native client": server_only,
    "native server, svidwrap client": client_only,
    "svidwrap, new SVIDs each second": rotating,
}
HERE_AND_THERE = list(VARIANTS)[6:]  # the last three


def set_up(lab, name):
    path = Path(lab, name)
    VARIANTS[name](lab, path)
    return path
