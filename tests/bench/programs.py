# SPDX-License-Identifier: Apache-2.0
"""The programs that are measured: how a server of each is started on a path, and what its client does and says.

A program's serve(lab, path) returns the processes to be counted; a scenario's client(lab, path, quick) returns a command,
its environment and a function that makes {measure: number} of its output."""
import csv
import glob
import io
import json
import os
import re
from typing import Callable, NamedTuple

from lab import SUITE


def redis(lab, path):
    command = ["redis-server", "--save", "", "--appendonly", "no", "--maxclients", "15000", "--dir", lab.work]
    if path.native_server:
        command += ["--port", "0", "--tls-port", str(path.server_port), "--tls-cert-file", lab.cert, "--tls-key-file", lab.key,
                    "--tls-ca-cert-file", lab.ca, "--tls-protocols", "TLSv1.3", "--tls-session-caching", "no"]
    else:
        command += ["--port", str(path.server_port)]
    return [lab.serve(path.on_server + command, f"redis-{path.server_port}", path.server_port, env=native_suite(lab))]


def redis_client(*words, warm, seconds=2, first=None):
    """`warm` requests at first; then, at the rate that they came at, `seconds` full: connecting is a part of it, and
    must be a small one."""
    def client(lab, path, quick):
        requests = int(path.rate * (1 if quick else seconds)) if path.rate else warm
        command = ["redis-benchmark", "-p", str(path.client_port), "--csv", "-n", str(requests), *words]
        env = native_suite(lab)
        if path.native_client:
            command += ["--tls", "--cert", lab.cert, "--key", lab.key, "--cacert", lab.ca]
            if not path.on_client:
                env["LD_PRELOAD"] = f"{lab.build}/bench/nodelay.so"
        return path.on_client + command, env, redis_numbers
    client.first = first
    return client


def redis_get(*words, warm):
    """What is to be read has to be there."""
    size = words[words.index("-d"):][:2] if "-d" in words else ()
    return redis_client(*words, "-t", "get", warm=warm, first=redis_client("-c", "1", *size, "-t", "set", warm=30))


def redis_numbers(text):
    rows = list(csv.DictReader(io.StringIO(text[text.index('"test"'):])))
    return {"rate": float(rows[-1]["rps"]), "p50 ms": float(rows[-1]["p50_latency_ms"]), "p99 ms": float(rows[-1]["p99_latency_ms"])}


def memcached(lab, path):
    command = ["memcached", "-u", "root", "-l", f"127.0.0.1:{path.server_port}", "-t", "2"]
    if path.native_server:
        command += ["-Z", "-o", f"ssl_chain_cert={lab.cert},ssl_key={lab.key},ssl_ca_cert={lab.ca},ssl_verify_mode=2"]
    return [lab.serve(path.on_server + command, f"memcached-{path.server_port}", path.server_port, env=native_suite(lab))]


def memcached_client(lab, path, quick):
    """Its clients have no TLS of their own."""
    if path.native_client:
        return None
    calls = 5000 if quick else 20000
    command = ["memcslap", f"--servers=127.0.0.1:{path.client_port}", "--concurrency=4", f"--execute-number={calls}", "--test=get",
               "--initial-load=1000", "--tcp-nodelay"]

    def numbers(text):
        return {"rate": 4 * calls / float(re.search(r"Time to get .*: +([0-9.]+) seconds", text)[1])}
    return path.on_client + command, {}, numbers


def nginx_serves(lab, path, port, location, back=""):
    tls = path.native_server
    conf = lab.write(f"nginx-{port}.conf", f"""daemon off;
user root;
pid {lab.work}/nginx-{port}.pid;
worker_processes 1;
error_log stderr error;
events {{ worker_connections 2048; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000000;
  ssl_protocols TLSv1.3;
  ssl_certificate {lab.cert};
  ssl_certificate_key {lab.key};
  ssl_client_certificate {lab.ca};
  ssl_conf_command Ciphersuites {SUITE};
  proxy_ssl_certificate {lab.cert};
  proxy_ssl_certificate_key {lab.key};
  proxy_ssl_protocols TLSv1.3;
  {back}
  server {{
    listen {port} {'ssl' if tls else ''};
    {'ssl_verify_client optional;' if tls else ''}
    {location}
  }}
}}
""")
    return lab.serve(path.on_server + ["nginx", "-c", conf, "-e", "stderr"], f"nginx-{port}", port)


def nginx(lab, path, port=None):
    files = lab.path("www")
    if not os.path.isdir(files):
        os.mkdir(files)
        for name, size in (("1k", 1024), ("10m", 10 << 20)):
            with open(f"{files}/{name}", "wb") as f:
                f.write(os.urandom(size))
    return [nginx_serves(lab, path, port or path.server_port, f"root {files};")]


def nginx_proxy(lab, path):
    """Two of them, TLS on both ways. (nginx as a client does not look at the name here: a SPIFFE ID is none.)"""
    if path.proxies:
        return None
    behind = nginx(lab, path, path.back_port)
    scheme = "https" if path.native_server else "http"
    front = nginx_serves(lab, path, path.server_port, f'location / {{ proxy_pass {scheme}://back; proxy_http_version 1.1; '
                         'proxy_set_header Connection ""; }', f"upstream back {{ server 127.0.0.1:{path.back_port}; keepalive 64; }}")
    return [front] + behind


def wrk(uri, connections):
    """wrk presents no certificate: native TLS here is without one of the client."""
    def client(lab, path, quick):
        if path.native_client and not path.native_server:
            return None
        scheme = "https" if path.native_client else "http"
        command = ["wrk", "-t1", f"-c{connections}", f"-d{1 if quick else 2}", "--latency",
                   f"{scheme}://127.0.0.1:{path.client_port}{uri}"]
        return path.on_client + command, native_suite(lab), wrk_numbers
    return client


def milliseconds(text):
    number, unit = re.fullmatch(r"([0-9.]+)(us|ms|s|m)", text).groups()
    return float(number) * {"us": 0.001, "ms": 1, "s": 1000, "m": 60000}[unit]


def wrk_numbers(text):
    """It takes a read that has nothing yet for an error, which some handshakes of a start under load give it; it goes on."""
    if "Non-2xx" in text:
        raise ValueError(text)
    return {"rate": float(re.search(r"Requests/sec: +([0-9.]+)", text)[1]),
            "p50 ms": milliseconds(re.search(r"50% +(\S+)", text)[1]), "p99 ms": milliseconds(re.search(r"99% +(\S+)", text)[1])}


PG = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1:]


def postgres(lab, path):
    """As user postgres, as it must be: its identity is that user's."""
    data = lab.path(f"pg-{path.server_port}")
    as_postgres = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"]
    if not os.path.isdir(lab.path("pg-seed")):
        os.mkdir(lab.path("pg-seed"))
        lab.run(["chown", "postgres", lab.path("pg-seed")])
        lab.run([*as_postgres, f"{PG[0]}/initdb", "-D", lab.path("pg-seed"), "-A", "trust", "--no-sync", "-U", "postgres"])
    lab.run(["cp", "-a", lab.path("pg-seed"), data])
    settings = f"listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nport = {path.server_port}\nfsync = off\n"
    if path.native_server:
        for n, f in enumerate((lab.cert, lab.key, lab.ca)):
            lab.run(["install", "-o", "postgres", "-m", "600", f, f"{data}/tls{n}.pem"])
        settings += "ssl = on\nssl_cert_file = 'tls0.pem'\nssl_key_file = 'tls1.pem'\nssl_ca_file = 'tls2.pem'\nssl_min_protocol_version = 'TLSv1.3'\n"
    with open(f"{data}/postgresql.conf", "a", encoding="ascii") as f:
        f.write(settings)
    p = lab.serve([*as_postgres, *path.on_server, f"{PG[0]}/postgres", "-D", data], f"pg-{path.server_port}", path.server_port,
                  env=native_suite(lab))
    fill = pgbench("-i", "-q", "-s", "1", "--unlogged-tables")(lab, path, True)
    if fill:
        lab.run(*fill[:2])
    return [p]


def pgbench(*words):
    def client(lab, path, quick):
        env = {**native_suite(lab), "PGUSER": "postgres", "PGDATABASE": "postgres", "PGHOST": "127.0.0.1", "PGPORT": str(path.client_port),
               "PGSSLMODE": "disable"}
        if path.native_client:
            env.update(PGSSLMODE="verify-ca", PGSSLCERT=lab.cert, PGSSLKEY=lab.key, PGSSLROOTCERT=lab.ca)
        if path.native_client != path.native_server:
            return None  # its TLS begins with a question in clear
        timed = [] if "-i" in words else ["-T", "1" if quick else "2"]
        return [*path.on_client, f"{PG[0]}/pgbench", *words, *timed], env, pgbench_numbers
    return client


def pgbench_paced(rate):
    """At a rate that all can keep: the time from when a transaction was due to its answer."""
    def client(lab, path, quick):
        found = pgbench("-S", "-c", "8", "-n", "-R", str(rate), "-l", f"--log-prefix={lab.path('paced')}")(lab, path, quick)
        return found and (found[0], found[1], lambda text: numbers(text, lab.work))

    def numbers(text, where):
        times = []
        for name in glob.glob(f"{where}/paced.*"):
            with open(name, encoding="ascii") as f:
                times += [int(line.split()[2]) / 1000 for line in f]
            os.unlink(name)
        times.sort()
        return {**pgbench_numbers(text), **{f"p{p:g} ms": times[min(len(times) - 1, int(len(times) * p / 100))] for p in (50, 99, 99.9)}}
    return client


def pgbench_numbers(text):
    return {"rate": float(re.search(r"tps = ([0-9.]+)", text)[1]), "mean ms": float(re.search(r"latency average = ([0-9.]+)", text)[1])}


def iperf(lab, path):
    if path.native_server:
        return None
    command = ["iperf3", "-s", "-p", str(path.server_port)]
    return [lab.serve(path.on_server + command, f"iperf-{path.server_port}", path.server_port)]


def iperf_client(*words):
    def client(lab, path, quick):
        if path.native_client:
            return None
        command = ["iperf3", "-c", "127.0.0.1", "-p", str(path.client_port), "-J", "-t", "1" if quick else "2", *words]
        return path.on_client + command, {}, lambda text: {"rate": json.loads(text)["end"]["sum_received"]["bits_per_second"] / 8e6}
    return client


def native_suite(lab):
    return {"OPENSSL_CONF": lab.openssl_conf}


class Scenario(NamedTuple):
    text: str  # what a reader is told
    unit: str
    serve: Callable
    client: Callable
    quick: bool = False  # part of bench-quick
    every: bool = False  # with the variants that are measured here and there


SCENARIOS = {
    "redis-set": Scenario("redis SET, 50 connections", "requests/s", redis,
                          redis_client("-c", "50", "-t", "set", warm=40000), quick=True, every=True),
    "redis-get": Scenario("redis GET, 50 connections", "requests/s", redis, redis_get("-c", "50", warm=40000)),
    "redis-set-16": Scenario("redis SET, pipelines of 16", "requests/s", redis,
                             redis_client("-c", "50", "-P", "16", "-t", "set", warm=400000), quick=True),
    "redis-get-16": Scenario("redis GET, pipelines of 16", "requests/s", redis, redis_get("-c", "50", "-P", "16", warm=400000)),
    "redis-set-64k": Scenario("redis SET, 64 KiB", "requests/s", redis,
                              redis_client("-c", "50", "-d", "65536", "-t", "set", warm=5000), quick=True),
    "redis-get-64k": Scenario("redis GET, 64 KiB", "requests/s", redis, redis_get("-c", "50", "-d", "65536", warm=5000)),
    "redis-connect": Scenario("redis, a connection for each PING", "connections/s", redis,
                              redis_client("-c", "20", "-k", "0", "-t", "ping_mbulk", warm=600), quick=True, every=True),
    "memcached-get": Scenario("memcached get, 4 clients, 2 threads", "requests/s", memcached, memcached_client),
    "nginx-1k": Scenario("nginx, 1 KiB, 50 connections", "requests/s", nginx, wrk("/1k", 50), every=True),
    "nginx-10m": Scenario("nginx, 10 MiB, 4 connections", "requests/s", nginx, wrk("/10m", 4)),
    "nginx-proxy": Scenario("nginx before nginx, 1 KiB, 50 connections", "requests/s", nginx_proxy, wrk("/1k", 50)),
    "pgbench": Scenario("pgbench -S, 8 connections", "transactions/s", postgres, pgbench("-S", "-c", "8", "-n")),
    "pgbench-paced": Scenario("pgbench -S, 4,000 a second", "transactions/s", postgres, pgbench_paced(4000)),
    "pgbench-connect": Scenario("pgbench -S -C, 8 clients", "transactions/s", postgres, pgbench("-S", "-C", "-c", "8", "-n")),
    "bulk-up": Scenario("iperf3, one stream to the server", "MB/s", iperf, iperf_client()),
    "bulk-down": Scenario("iperf3, one stream from the server", "MB/s", iperf, iperf_client("-R")),
}
