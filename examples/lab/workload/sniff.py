#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The neighbour: listens to whatever crosses the network here, on one TCP port, until a line comes on its standard input. Prints
"listening", and at the end what each connection said each way: its text, or its TLS records if it is nothing else.
usage: sniff.py PORT"""
import select
import socket
import struct
import sys

KINDS = {20: "change_cipher_spec", 21: "alert", 22: "handshake", 23: "application_data"}


def segment(frame):
    """(source, destination, sequence number, flags, payload) of a TCP segment over IPv4, else None"""
    if len(frame) < 34 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return None
    tcp = 14 + (frame[14] & 15) * 4
    end = 14 + struct.unpack_from("!H", frame, 16)[0]
    source, destination, number = struct.unpack_from("!HHI", frame, tcp)
    data = tcp + (frame[tcp + 12] >> 4) * 4
    return ((socket.inet_ntoa(frame[26:30]), source), (socket.inet_ntoa(frame[30:34]), destination), number,
            frame[tcp + 13], frame[data:end])


class Stream:
    """One direction of a connection, put together by sequence number."""

    def __init__(self):
        self.start = None
        self.pieces = {}

    def add(self, number, flags, payload):
        if flags & 2:  # SYN takes a number
            self.start = number + 1
        elif self.start is not None and payload:
            offset = (number - self.start) % 2**32
            if len(payload) > len(self.pieces.get(offset, b"")):
                self.pieces[offset] = payload

    def content(self):
        whole = b""
        for offset in sorted(self.pieces):
            if offset > len(whole):
                raise ValueError(f"{offset - len(whole)} bytes were missed")
            whole += self.pieces[offset][len(whole) - offset:]
        return whole


def records(stream):
    """the TLS records of a stream, or None if some byte belongs to none (RFC 8446 5.1)"""
    found, at = [], 0
    while at < len(stream):
        if at + 5 > len(stream) or stream[at] not in KINDS or stream[at + 1] != 3:
            return None
        size = int.from_bytes(stream[at + 3:at + 5], "big")
        if at + 5 + size > len(stream):
            return None
        found.append((stream[at:at + 5], stream[at + 5:at + 5 + size]))
        at += 5 + size
    return found


def show(whole):
    found = records(whole)
    mark = ":" if found else "|"
    if found:
        for head, body in found:
            print(f"    TLS {KINDS[head[0]]:<18} {len(body):5d} bytes  {head.hex(' ')} {body[:16].hex(' ')}...")
        print("    every byte belongs to a TLS record")
    else:
        print("    not TLS")
    # All of it, so that whoever looks for a word in it looks through everything that was seen.
    for line in "".join(chr(c) if 32 <= c < 127 or c == 10 else "" if c == 13 else "." for c in whole).split("\n"):
        print(f"    {mark}{line}")


def main():
    port = int(sys.argv[1])
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    streams = {}
    print("listening", flush=True)
    while True:
        ready = select.select([wire, 0], [], [])[0]
        if wire in ready:
            found = segment(wire.recv(1 << 17))
            if found and port in (found[0][1], found[1][1]):
                streams.setdefault(found[:2], Stream()).add(*found[2:])
        else:
            break
    for (source, destination), stream in streams.items():
        whole = stream.content()
        print(f"{source[0]}:{source[1]} to {destination[0]}:{destination[1]}, {len(whole)} bytes")
        if whole:
            show(whole)


main()
