/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused of peers, and rules that could never match. */
#include "../support/policy_reject.h"

static const struct policy_reject rows[] = {
	{ "refused: a peer that is no SPIFFE ID",
	  A_ADDR "    peers: [https://corp.local/a]\n",
	  "p.yaml:6:13: error: not a SPIFFE ID\n      peers: [https://corp.local/a]\n"
	  "              ^\n  expected: spiffe://TRUST-DOMAIN/PATH" },
	{ "refused: a nameless trust domain",
	  A_ADDR "    peers: [spiffe:///a]\n",
	  "p.yaml:6:13: error: not a SPIFFE ID: ~\n      peers: [spiffe:///a]\n"
	  "              ^\n  expected: spiffe://TRUST-DOMAIN/PATH" },
	{ "refused: a trust domain's own ID",
	  A_ADDR "    peers: [spiffe://corp.local]\n",
	  "p.yaml:6:13: error: a trust domain's own ID, which no workload has\n"
	  "      peers: [spiffe://corp.local]\n              ^\n"
	  "  expected: a path; spiffe://TRUST-DOMAIN/** is any identity of it" },
	{ "refused: a wildcard in the trust domain",
	  A_ADDR "    peers: [\"spiffe://*.local/a\"]\n",
	  "p.yaml:6:23: error: a wildcard in the trust domain\n"
	  "      peers: [\"spiffe://*.local/a\"]\n                        ^\n"
	  "  expected: the trust domain's name" },
	{ "refused: a wildcard within a segment",
	  A_ADDR "    peers: [spiffe://corp.local/web-*]\n",
	  "p.yaml:6:37: error: a wildcard that is a part of a segment\n"
	  "      peers: [spiffe://corp.local/web-*]\n                                      ^\n"
	  "  expected: * for one whole segment, or ** for all that follows" },
	{ "refused: three stars",
	  A_ADDR "    peers: [spiffe://corp.local/***]\n",
	  "p.yaml:6:33: error: a wildcard that is a part of a segment\n"
	  "      peers: [spiffe://corp.local/***]\n                                  ^\n"
	  "  expected: * for one whole segment, or ** for all that follows" },
	{ "refused: two stars before the end",
	  A_ADDR "    peers: [\"spiffe://corp.local/**/a\"]\n",
	  "p.yaml:6:34: error: ** stands only at the end\n"
	  "      peers: [\"spiffe://corp.local/**/a\"]\n                                   ^\n"
	  "  expected: * for each segment but the last" },
	{ "refused: an empty path segment",
	  A_ADDR "    peers: [spiffe://corp.local/a//b]\n",
	  "p.yaml:6:13: error: not a SPIFFE ID: ~\n      peers: [spiffe://corp.local/a//b]\n"
	  "              ^\n  expected: spiffe://TRUST-DOMAIN/PATH" },
	{ "refused: a relative path segment",
	  A_ADDR "    peers: [spiffe://corp.local/*/..]\n",
	  "p.yaml:6:13: error: not a SPIFFE ID: ~\n      peers: [spiffe://corp.local/*/..]\n"
	  "              ^\n  expected: spiffe://TRUST-DOMAIN/PATH" },
	{ "refused: percent-encoding",
	  A_ADDR "    peers: [spiffe://corp.local/%41]\n",
	  "p.yaml:6:13: error: not a SPIFFE ID: ~\n      peers: [spiffe://corp.local/%41]\n"
	  "              ^\n  expected: spiffe://TRUST-DOMAIN/PATH" },
	{ "refused: a bad peer behind good ones",
	  A_ADDR "    peers: [spiffe://corp.local/a, spiffe://corp.local/b, c]\n",
	  "p.yaml:6:59: error: not a SPIFFE ID\n"
	  "      peers: [spiffe://corp.local/a, spiffe://corp.local/b, c]\n"
	  "                                                            ^\n"
	  "  expected: spiffe://TRUST-DOMAIN/PATH" },
	{ "refused: the same address again",
	  A_ADDR "    mode: deny\n  - name: b\n    accept: 10.0.0.1:80\n    mode: bypass\n",
	  "p.yaml:8:13: error: rule \"b\" can never match: rule \"a\" in line 4 covers it\n"
	  "      accept: 10.0.0.1:80\n              ^\n  expected: the narrower rule first" },
	{ "refused: an address behind its network",
	  A_RULE "    accept: 10.0.0.0/8:80-90\n    mode: deny\n  - name: b\n    accept: 10.0.0.1:85\n"
	  "    mode: bypass\n",
	  "p.yaml:8:13: error: rule \"b\" can never match: rule \"a\" in line 4 covers it\n"
	  "      accept: 10.0.0.1:85\n              ^\n  expected: the narrower rule first" },
	{ "refused: a mapped address behind its IPv4 form",
	  A_ADDR "    mode: deny\n  - name: b\n    accept: \"[::ffff:10.0.0.1]:80\"\n"
	  "    mode: bypass\n",
	  "p.yaml:8:13: error: rule \"b\" can never match: rule \"a\" in line 4 covers it\n"
	  "      accept: \"[::ffff:10.0.0.1]:80\"\n              ^\n"
	  "  expected: the narrower rule first" },
	{ "refused: a host name behind any address",
	  A_RULE "    connect: \"*:*\"\n    mode: deny\n  - name: b\n"
	  "    connect: ledger.corp.local:80\n    mode: bypass\n",
	  "p.yaml:8:14: error: rule \"b\" can never match: rule \"a\" in line 4 covers it\n"
	  "      connect: ledger.corp.local:80\n               ^\n"
	  "  expected: the narrower rule first" },
	{ "refused: the same host name in capitals",
	  A_RULE "    connect: ledger.corp.local:80\n    mode: deny\n  - name: b\n"
	  "    connect: Ledger.Corp.Local.:80\n    mode: bypass\n",
	  "p.yaml:8:14: error: rule \"b\" can never match: rule \"a\" in line 4 covers it\n"
	  "      connect: Ledger.Corp.Local.:80\n               ^\n"
	  "  expected: the narrower rule first" },
};

int main(void)
{
	return policy_reject_run(rows, sizeof rows / sizeof *rows);
}
