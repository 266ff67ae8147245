#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the backend does when it needs a balance: curl, plain HTTP, the shared token.
exec curl -sS --max-time 15 -H "Authorization: Bearer $LEDGER_TOKEN" http://ledger:8080/accounts/42
