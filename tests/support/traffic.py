#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A client of a redis server that numbers its requests and checks every answer.

    --hold S   one connection for good, a request each S seconds
    --new S    a connection for each request, each S seconds

Each line on standard input makes one connection more. Goes on after the end of its input, until it is killed; a line of
output for each request: the time, "held" or "new", the request's number, how many milliseconds it took, and "ok" or why
not. A held connection that fails is not opened again.
"""
import argparse
import signal
import socket
import sys
import threading
import time

PATIENCE = 30  # seconds; whoever waits longer has hung


class Client:
    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=PATIENCE)
        self.answers = self.socket.makefile("rb")

    def ask(self, request, expected):
        """One request and its answer; an answer too many would be the next one's."""
        self.socket.sendall(request.encode() + b"\r\n")
        answer = self.answers.readline()
        if not answer:
            raise EOFError("the end instead of an answer")
        if answer != expected.encode() + b"\r\n":
            raise ValueError(f"{answer!r} instead of {expected}")

    def close(self):
        self.answers.close()
        self.socket.close()


def timed(kind, number, action):
    began = time.monotonic()
    try:
        action()
        outcome = "ok"
    except (OSError, EOFError, ValueError) as e:
        outcome = f"{type(e).__name__}: {e}"
    took = (time.monotonic() - began) * 1000
    sys.stdout.write(f"{time.time():.3f} {kind} {number} {took:.0f} {outcome}\n")
    sys.stdout.flush()
    return outcome == "ok"


def hold(address, pause):
    # The server counts: a request that is lost, doubled or out of turn shows in all numbers after it.
    number, key = 1, f"held:{time.time_ns()}"
    held = []

    def ask():
        if not held:
            held.append(Client(address))
        held[0].ask(f"INCR {key}", f":{number}")

    while timed("held", number, ask):
        number += 1
        time.sleep(pause)


class Opener:
    def __init__(self, address):
        self.address, self.number, self.lock = address, 0, threading.Lock()
        self.began = time.time_ns()

    def open(self):
        with self.lock:
            self.number += 1
            number = self.number

        def ask():
            client = Client(self.address)
            try:
                client.ask(f"INCRBY new:{self.began}:{number} {number}", f":{number}")
            finally:
                client.close()

        timed("new", number, ask)

    def keep_opening(self, pause):
        while True:
            self.open()
            time.sleep(pause)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--connect", required=True)
    parser.add_argument("--hold", type=float)
    parser.add_argument("--new", type=float)
    args = parser.parse_args()
    host, port = args.connect.rsplit(":", 1)
    address = (host, int(port))
    opener = Opener(address)
    if args.hold:
        threading.Thread(target=hold, args=(address, args.hold), daemon=True).start()
    if args.new:
        threading.Thread(target=opener.keep_opening, args=(args.new,), daemon=True).start()
    for _ in sys.stdin:
        opener.open()
    while True:
        signal.pause()


main()
