# SPDX-License-Identifier: Apache-2.0
"""What is to be reached, and what was."""
import statistics


def middle(rounds, what="rate"):
    return statistics.median(r[what] for r in rounds)


def work(rounds):
    """CPU seconds of all processes for a million of what was counted."""
    return statistics.median(r["cpu s"] / (r["rate"] * r["s"]) for r in rounds) * 1e6


def rates(scenarios, other):
    """The lowest rate over the other variant's."""
    def value(results):
        found = [middle(s["svidwrap"]) / middle(s[other]) for n in scenarios if other in (s := results["scenarios"].get(n, {}))]
        return min(found) if found else None
    return value


def compared(scenario, other, of):
    def value(results):
        s = results["scenarios"].get(scenario, {})
        return of(s["svidwrap"]) / of(s[other]) if other in s else None
    return value


def single(start, *minus):
    """The highest of those whose names start so."""
    def value(results):
        found = [s["value"] for s in results.get("singles", []) if s["name"].startswith(start)]
        less = [s["value"] for s in results.get("singles", []) if minus and s["name"].startswith(minus[0])]
        return max(found) - sum(less) if found else None
    return value


def idle_memory(results):
    found = [s["value"] for s in results.get("singles", []) if s["name"].startswith("memory of") and s["name"].endswith("svidwrap")]
    return max(found) if found else None


def idle_wake_ups(results):
    found = [s["value"] for s in results.get("singles", []) if s["name"].startswith("wake-ups") and s["name"].endswith("svidwrap")]
    return max(0, *found) if found else None


def quotient(over, under):
    def value(results):
        top, bottom = ([single(f"instructions, {n}")(results) for n in names] for names in (over, under))
        return sum(top) / sum(bottom) if None not in top + bottom else None
    return value


def p99(rounds):
    return middle(rounds, "p99 ms")


SMALL, PIPED, LARGE = ("redis-set", "redis-get"), ("redis-set-16", "redis-get-16"), ("redis-set-64k", "redis-get-64k")
PROXIES = (("ghostunnel pair", 3, 0.40), ("stunnel pair", 4.5, 0.22), ("HAProxy pair", 2.4, 0.40))

# what, how it is found in the results, at least or at most, the goal
GOALS = [
    ("redis, small requests, against native TLS", rates(SMALL, "native TLS"), ">=", 1.3),
    ("redis, small requests, against plaintext", rates(SMALL, "plain"), ">=", 0.88),
    ("redis, pipelines of 16, against native TLS", rates(PIPED, "native TLS"), ">=", 1.25),
    ("redis, 64 KiB, against native TLS", rates(LARGE, "native TLS"), ">=", 1.5),
    *((f"redis, small requests, against a {p}", rates(SMALL, p), ">=", goal) for p, goal, _ in PROXIES),
    *((f"CPU seconds of all processes, redis SET, against a {p}", compared("redis-set", p, work), "<=", goal) for p, _, goal in PROXIES),
    ("p99 of redis SET against native TLS", compared("redis-set", "native TLS", p99), "<=", 1.0),
    ("p99 of redis, a connection for each PING, against native TLS", compared("redis-connect", "native TLS", p99), "<=", 1.0),
    ("instructions of a handshake, both sides, against OpenSSL alone",
     quotient(("connect-handshake", "accept-handshake"), ("bare-connect-handshake", "bare-accept-handshake")), "<=", 1.1),
    ("memory of an idle connection over plaintext's, each process, KiB", idle_memory, "<=", 2),
    ("unmanaged read or write, instructions on top of libc's", single("instructions, unmanaged"), "<=", 15),
    ("start-up of /bin/true, ms more", single("start-up of /bin/true"), "<=", 0.5),
    ("a connect against 10,000 rules over one against 1, instructions", quotient(("connect-10000",), ("connect-1-",)), "<=", 2),
    ("wake-ups a second of idle connections", idle_wake_ups, "<=", 0),
    ("system calls for each request of redis over plaintext's", single("system calls for each request, redis -P 1, svidwrap",
                                                                     "system calls for each request, redis -P 1, plain"), "<=", 0.05),
]


def rows(results):
    yield "| what | measured | goal | |"
    yield "|---|---|---|---|"
    for what, find, side, goal in GOALS:
        value = find(results)
        if value is None:
            yield f"| {what} | not measured | {side} {goal:g} | |"
            continue
        met = value >= goal if side == ">=" else value <= goal
        yield f"| {what} | {value:.2f} | {side} {goal:g} | {'yes' if met else '**no**'} |"
