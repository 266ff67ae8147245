#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures every variant of every scenario, in interleaved rounds of one run, so that what the machine does meanwhile
meets all of them. Results: build/bench/results.json, table.md, plot.svg.
usage: tests/bench/bench.py [--quick] [--rounds N] [--docs] [--out FOLDER] [--build FOLDER] [SCENARIO...]"""
import argparse
import json
import os
import signal
import subprocess
import sys
import time

import report
import singles
from lab import Lab, Stopped, cpu_seconds
from programs import SCENARIOS
from variants import HERE_AND_THERE, VARIANTS, set_up


def say(text):
    print(text, file=sys.stderr, flush=True)


class Runner:
    """One variant of one scenario, set up."""

    def __init__(self, lab, variant, serve, client, quick):
        self.lab, self.quick, self.client = lab, quick, client
        self.rounds = []
        self.processes = None
        self.path = set_up(lab, variant)
        try:
            self.warm_up(lab, serve, client, quick)
        except BaseException:
            self.end()
            raise

    def warm_up(self, lab, serve, client, quick):
        self.processes = serve(lab, self.path)
        if self.processes is None or client(lab, self.path, quick) is None:
            raise NotThere
        first = getattr(client, "first", None)
        for warm in ([first] if first else []) + [client]:
            command, env, numbers = warm(lab, self.path, True)
            rate = numbers(lab.run(command, env)[0])["rate"]
        self.path.rate = rate

    def round(self):
        counted = self.processes + self.path.proxies
        command, env, numbers = self.client(self.lab, self.path, self.quick)
        before = cpu_seconds(counted)
        began = time.monotonic()
        text, cpu = self.lab.run(command, env)
        took = time.monotonic() - began
        self.rounds.append({**numbers(text), "cpu s": cpu + cpu_seconds(counted) - before, "s": took})

    def end(self):
        self.lab.stop((self.processes or []) + self.path.proxies)


class NotThere(Exception):
    """The program has no such variant."""


FAILED = (Stopped, subprocess.TimeoutExpired, ValueError, TypeError)  # the last two: it said something else than numbers


def measure(lab, name, rounds, quick):
    """{variant: [what each round gave]}"""
    scenario = SCENARIOS[name]
    runners = {}
    for variant in VARIANTS:
        if variant in HERE_AND_THERE and (quick or not scenario.every):
            continue
        try:
            runners[variant] = Runner(lab, variant, scenario.serve, scenario.client, quick)
        except NotThere:
            continue
        except FAILED as e:
            say(f"{name}, {variant}: left out: {e}")
    order = list(runners)
    for n in range(rounds):
        for variant in order:
            try:
                runners[variant].round()
            except FAILED as e:
                say(f"{name}, {variant}: left out: {e}")
                runners.pop(variant).end()
        order = [v for v in order[1:] + order[:1] if v in runners]
        say(f"  {name}: round {n + 1} of {rounds}")
    for r in runners.values():
        r.end()
    return {variant: runners[variant].rounds for variant in VARIANTS if variant in runners}


def keep(results, out):
    with open(f"{out}/results.json", "w", encoding="utf-8") as f:
        json.dump(results, f, indent=1)


def main():
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=", ".join(SCENARIOS))
    options.add_argument("--quick", action="store_true", help="fewer and shorter rounds: about three minutes")
    options.add_argument("--rounds", type=int, help="default 7, with --quick 3")
    options.add_argument("--docs", action="store_true", help="make the tables of docs/performance.md and its plot anew")
    options.add_argument("--out", default="build/bench")
    options.add_argument("--build", default=os.environ.get("BUILD", "build/release"))
    o = options.parse_args()
    for name in o.scenarios:
        if name not in SCENARIOS:
            options.error(f"{name}: no such scenario; there are {', '.join(SCENARIOS)}")
    names = o.scenarios or [n for n, s in SCENARIOS.items() if s.quick or not o.quick]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    os.makedirs(o.out, exist_ok=True)
    results = {"machine": report.machine(), "quick": o.quick, "scenarios": {}}
    lab = Lab(o.build)
    try:
        for i, name in enumerate(names):
            say(f"{i + 1} of {len(names)}: {SCENARIOS[name].text}")
            results["scenarios"][name] = measure(lab, name, o.rounds or (3 if o.quick else 7), o.quick)
            keep(results, o.out)
        if not o.scenarios:
            say("what is no rate")
            results["singles"] = singles.measure(lab, o.quick, say)
            keep(results, o.out)
    except Stopped as e:
        say(f"bench: {e}")
        return 1
    finally:
        lab.end()
    report.write(results, o.out)
    if o.docs:
        report.into_docs(o.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
