#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Splits the body of a FetchX509SVID answer, without any library the agent uses.

usage: decode.py BODY [DIR]
Prints a line for each complete message: "svids N crls N federated N bytes N". With DIR writes, of message M and item I,
DIR/M.I.{id,chain,key,bundle}, DIR/M.crl and DIR/M.federated (the map's keys). Field numbers: workload.proto of SPIFFE.
"""
import sys


def varint(b, i):
    n = shift = 0
    while True:
        n |= (b[i] & 0x7F) << shift
        i += 1
        if b[i - 1] < 0x80:
            return n, i
        shift += 7


def fields(b):
    i = 0
    while i < len(b):
        tag, i = varint(b, i)
        if tag & 7 != 2:
            raise ValueError("wire type %d" % (tag & 7))
        n, i = varint(b, i)
        yield tag >> 3, b[i:i + n]
        i += n


def frames(b):
    while len(b) >= 5 and len(b) >= 5 + int.from_bytes(b[1:5], "big"):
        n = int.from_bytes(b[1:5], "big")
        yield b[5:5 + n]
        b = b[5 + n:]


def put(folder, name, data):
    if folder:
        with open(folder + "/" + name, "wb") as f:
            f.write(data)


def main(path, folder=None):
    for m, body in enumerate(frames(open(path, "rb").read())):
        svids, crls, federated = [], [], []
        try:
            for number, value in fields(body):
                {1: svids, 2: crls, 3: federated}[number].append(value)
        except (ValueError, IndexError, KeyError):
            print("garbage bytes %d" % len(body))
            continue
        for i, svid in enumerate(svids):
            parts = dict(fields(svid))
            for number, name in enumerate(("id", "chain", "key", "bundle", "hint"), 1):
                put(folder, "%d.%d.%s" % (m, i, name), parts.get(number, b""))
        for crl in crls:
            put(folder, "%d.crl" % m, crl)
        put(folder, "%d.federated" % m, b"\n".join(dict(fields(f))[1] for f in federated))
        print("svids %d crls %d federated %d bytes %d" % (len(svids), len(crls), len(federated), len(body)))


main(*sys.argv[1:])
