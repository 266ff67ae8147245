#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Do the serials in the audit logs of a server and its clients tell one story?

usage: serials.py SERVER_LOG CLIENT_LOG

Each handshake that both sides log must show the same two serials, crosswise. Each process must present the SVID that its
latest svid_received or svid_rotated named (the one before for a moment, in a handshake that was under way), and take
none past its end. Prints what it found as NAME=NUMBER; status 1 and the reason if the story does not hold.
"""
import datetime
import json
import sys

UNDER_WAY = 2.0  # seconds


def seconds(time):
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()


def events(path):
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            event["at"] = seconds(event["time"])
            yield event


def ends_of(event, role):
    own, other = event["local"], event["remote"]
    return (own, other) if role == "client" else (other, own)


def in_step(log, faults):
    """How many SVIDs the log's processes had, and how many of them a handshake showed."""
    held, shown = {}, set()
    for event in log:
        history = held.setdefault(event["pid"], [])
        if event["event"] in ("svid_received", "svid_rotated"):
            history.append((event["at"], event["own_serial"], event["expiry"]))
        elif event["event"] == "handshake_ok":
            shown.add(event["own_serial"])
            if not history or event["own_serial"] not in candidates(history, event["at"]):
                faults.append(f"{event['time']}: presented {event['own_serial']}, not the latest SVID")
            if seconds(event["expiry"]) < event["at"]:
                faults.append(f"{event['time']}: took {event['peer_serial']} after its end")
    return sum(len(h) for h in held.values()), len(shown)


def candidates(history, at):
    at_hand = [history[-1][1]]
    if len(history) > 1 and at - history[-1][0] < UNDER_WAY:
        at_hand.append(history[-2][1])
    return at_hand


def agree(server, client, faults):
    pairs, opened = 0, {}
    for event in client:
        if event["event"] == "handshake_ok":
            opened.setdefault(ends_of(event, "client"), []).append(event)
    for event in server:
        others = opened.get(ends_of(event, "server"), []) if event["event"] == "handshake_ok" else []
        if not others:
            continue
        pairs += 1
        other = min(others, key=lambda e: abs(e["at"] - event["at"]))  # a port may be used again
        if (event["own_serial"], event["peer_serial"]) != (other["peer_serial"], other["own_serial"]):
            faults.append(f"{event['time']}: the two sides' serials differ")
    return pairs


def main():
    server, client = (list(events(path)) for path in sys.argv[1:3])
    faults = []
    server_svids, server_shown = in_step(server, faults)
    client_svids, client_shown = in_step(client, faults)
    pairs = agree(server, client, faults)
    print(f"pairs={pairs} server_svids={server_svids} server_shown={server_shown}"
          f" client_svids={client_svids} client_shown={client_shown}")
    for fault in faults[:10]:
        print(fault, file=sys.stderr)
    return 1 if faults or not pairs else 0


sys.exit(main())
