#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A caller that keeps one connection to the ledger and asks on it once a second.
usage: hold.py SECONDS"""
import http.client
import os
import sys
import time

ledger = http.client.HTTPConnection("ledger", 8080, timeout=20)
ledger.connect()
ledger.auto_open = 0  # this connection or none
answers = 0
ends = time.monotonic() + int(sys.argv[1])
while time.monotonic() < ends:
    ledger.request("GET", "/accounts/42", headers={"Authorization": "Bearer " + os.environ["LEDGER_TOKEN"]})
    response = ledger.getresponse()
    if response.status != 200 or not response.read().startswith(b"account 42:"):
        sys.exit(f"answer {answers + 1}: status {response.status}")
    answers += 1
    time.sleep(1)
print(f"{answers} answers on one connection")
