#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Asks for an SVID on a connection whose opener has ended: a process id says nothing any more.

usage: orphan.py SOCKET; prints what came back, in hexadecimal
"""
import os
import socket
import sys
import time


def literal(name, value):  # RFC 7541 6.2.2, not indexed, no Huffman
    return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value


def frame(kind, flags, stream, payload):  # RFC 9113 4.1
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


s = socket.socket(socket.AF_UNIX)
pid = os.fork()
if pid == 0:
    s.connect(sys.argv[1])
    s.send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b""))
    s.recv(1)  # the agent has accepted
    os._exit(0)
os.waitpid(pid, 0)
headers = literal(b":method", b"POST") + literal(b":scheme", b"http") + literal(b":authority", b"localhost") \
    + literal(b":path", b"/SpiffeWorkloadAPI/FetchX509SVID") + literal(b"content-type", b"application/grpc") \
    + literal(b"te", b"trailers") + literal(b"workload.spiffe.io", b"true")
s.send(frame(1, 4, 1, headers) + frame(0, 1, 1, b"\0\0\0\0\0"))
time.sleep(0.3)
print(s.recv(65536).hex())
