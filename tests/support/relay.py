#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A TCP relay that records what passes, byte for byte.

Connection n (from 1) is kept as DIR/n.c2s and DIR/n.s2c. FIN and RST are passed on as such. --flip and --cut damage
the stream of each connection: `c2s:100` is byte 100 (from 0) of what the client sent; --cut ends it there with a FIN,
as somebody between the two could. With --hold no end is passed on: what has ended looks silent from the other side.
"""
import argparse
import pathlib
import socket
import struct
import threading


held = []


def endpoint(text):
    host, _, port = text.rpartition(":")
    return host or "127.0.0.1", int(port)


def place(text):
    way, _, offset = text.partition(":")
    if way not in ("c2s", "s2c"):
        raise argparse.ArgumentTypeError("c2s:OFFSET or s2c:OFFSET")
    return way, int(offset)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def pump(source, sink, record, flip, cut, hold):
    """Copies until the end; True if it ended with a reset."""
    passed = 0
    with open(record, "wb", buffering=0) as out:
        while True:
            try:
                data = source.recv(65536)
            except OSError:
                return True
            if cut is not None and passed + len(data) > cut:
                data = data[:cut - passed]
            if flip is not None and passed <= flip < passed + len(data):
                data = bytearray(data)
                data[flip - passed] ^= 1
            try:
                if not data:
                    if hold:
                        return False
                    sink.shutdown(socket.SHUT_WR)
                    return False
                out.write(data)
                sink.sendall(data)
            except OSError:
                return True
            passed += len(data)


def relay(client, server, stem, args):
    def one_way(way, source, sink):
        flip = args.flip[1] if args.flip and args.flip[0] == way else None
        cut = args.cut[1] if args.cut and args.cut[0] == way else None
        if pump(source, sink, stem.with_suffix("." + way), flip, cut, args.hold):
            resets.append(way)
            for sock in (client, server):
                try:
                    sock.shutdown(socket.SHUT_RD)
                except OSError:
                    pass

    resets = []
    back = threading.Thread(target=one_way, args=("s2c", server, client), daemon=True)
    back.start()
    one_way("c2s", client, server)
    back.join()
    if args.hold:
        held.extend((client, server))
        return
    for sock in (client, server):
        reset(sock) if resets else sock.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", type=endpoint, required=True, metavar="HOST:PORT")
    parser.add_argument("--connect", type=endpoint, required=True, metavar="HOST:PORT")
    parser.add_argument("--record", type=pathlib.Path, required=True, metavar="DIR")
    parser.add_argument("--flip", type=place, metavar="WAY:OFFSET")
    parser.add_argument("--cut", type=place, metavar="WAY:OFFSET")
    parser.add_argument("--hold", action="store_true")
    parser.add_argument("--ready", type=pathlib.Path, metavar="FILE", help="made once it listens")
    args = parser.parse_args()
    args.record.mkdir(parents=True, exist_ok=True)
    with socket.create_server(args.listen, backlog=256) as listener:
        if args.ready:
            args.ready.touch()
        count = 0
        while True:
            client, _ = listener.accept()
            count += 1
            try:
                server = socket.create_connection(args.connect)
            except OSError:
                reset(client)
                continue
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=relay, args=(client, server, args.record / str(count), args), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
