#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The ledger: a legacy service. Plain HTTP; whoever knows the token of its environment may read balances. It knows
nothing of TLS or SPIFFE. Without a token in the environment it asks for none, as on a developer's laptop."""
import http.server
import os

TOKEN = os.environ.get("LEDGER_TOKEN", "")
BALANCES = {"/accounts/42": "account 42: balance 1000000 EUR"}


class Ledger(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # a connection may be kept

    def do_GET(self):
        if TOKEN and self.headers.get("Authorization") != "Bearer " + TOKEN:
            self.answer(401, "who are you?")
        elif self.path not in BALANCES:
            self.answer(404, "no such account")
        else:
            self.answer(200, BALANCES[self.path])

    def answer(self, status, text):
        body = (text + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


server = http.server.ThreadingHTTPServer(("0.0.0.0", 8080), Ledger)
print("ledger: listening on port 8080", flush=True)
server.serve_forever()
