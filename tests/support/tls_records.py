#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Lists the TLS records (RFC 8446 5.1) in a captured stream: its first ones, with the bytes they begin with, then a
count. Ends with status 1 if any byte of the stream belongs to no whole record.

usage: tls_records.py FILE [HOW_MANY]
"""
import sys

NAMES = {20: "change_cipher_spec", 21: "alert", 22: "handshake", 23: "application_data"}


def records(data):
    """Yields (offset, type, length of the body); stops at what is no record."""
    at = 0
    while at + 5 <= len(data):
        kind, version, length = data[at], data[at + 1:at + 3], int.from_bytes(data[at + 3:at + 5], "big")
        if kind not in NAMES or version[0] != 3 or length > 16384 + 256 or at + 5 + length > len(data):
            break
        yield at, kind, length
        at += 5 + length


def main(path, how_many=6):
    with open(path, "rb") as file:
        data = file.read()
    end, counts = 0, {}
    for number, (at, kind, length) in enumerate(records(data)):
        if number < how_many:
            head = " ".join(f"{byte:02x}" for byte in data[at:at + 16])
            print(f"{at:6}  {head}...  {NAMES[kind]}, {length} bytes")
        counts[kind] = counts.get(kind, 0) + 1
        end = at + 5 + length
    said = ", ".join(f"{count} {NAMES[kind]}" for kind, count in sorted(counts.items()))
    print(f"{len(data)} bytes: {said or 'no record'}" + ("" if end == len(data) else f", {len(data) - end} of no record"))
    return 0 if data and end == len(data) else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:3])))
