/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused of keys, and of values that are no addresses. */
#include "../support/policy_reject.h"

static const struct policy_reject rows[] = {
	{ "refused: no version",
	  "default: deny\n",
	  "p.yaml:1:1: error: the policy has no \"version\"\n  default: deny\n  ^\n"
	  "  expected: version: 1" },
	{ "refused: another version",
	  "version: 2\ndefault: deny\n",
	  "p.yaml:1:10: error: unknown version \"2\"\n  version: 2\n           ^\n  expected: 1" },
	{ "refused: an empty version",
	  "version:\ndefault: deny\n",
	  "p.yaml:1:1: error: unknown version \"\"\n  version:\n  ^\n  expected: 1" },
	{ "refused: no default",
	  "version: 1\nrules: []\n",
	  "p.yaml:1:1: error: the policy has no \"default\"\n  version: 1\n  ^\n"
	  "  expected: default: deny, or default: bypass" },
	{ "refused: a default that is no word for it",
	  "version: 1\ndefault: allow\n",
	  "p.yaml:2:10: error: unknown value \"allow\"\n  default: allow\n           ^\n"
	  "  expected: deny or bypass" },
	{ "refused: a default that is nearly one",
	  "version: 1\ndefault: bypas\n",
	  "p.yaml:2:10: error: unknown value \"bypas\"; did you mean \"bypass\"?\n"
	  "  default: bypas\n           ^\n  expected: deny or bypass" },
	{ "refused: a mode as default",
	  "version: 1\ndefault: enforce\n",
	  "p.yaml:2:10: error: unknown value \"enforce\"\n  default: enforce\n           ^\n"
	  "  expected: deny or bypass" },
	{ "refused: a list as default",
	  "version: 1\ndefault: [deny]\n",
	  "p.yaml:2:10: error: a list where a single value belongs\n  default: [deny]\n"
	  "           ^\n  expected: deny or bypass" },
	{ "refused: an unknown key that is nearly one",
	  "versio: 1\n",
	  "p.yaml:1:1: error: unknown key in a policy: \"versio\"; did you mean \"version\"?\n"
	  "  versio: 1\n  ^\n  expected: version, default, workload_api or rules" },
	{ "refused: an unknown key",
	  "version: 1\nfoo: bar\n",
	  "p.yaml:2:1: error: unknown key in a policy: \"foo\"\n  foo: bar\n  ^\n"
	  "  expected: version, default, workload_api or rules" },
	{ "refused: a repeated key",
	  "version: 1\ndefault: deny\nversion: 1\n",
	  "p.yaml:3:1: error: key \"version\" again; it stands in line 1\n  version: 1\n  ^\n"
	  "  expected: each key once" },
	{ "refused: rules that are nothing",
	  HEAD,
	  "p.yaml:3:1: error: nothing where a list belongs\n  rules:\n  ^\n"
	  "  expected: a list of rules, or [] for none" },
	{ "refused: rules that are a map",
	  "version: 1\ndefault: deny\nrules: {name: a}\n",
	  "p.yaml:3:8: error: a map where a list belongs\n  rules: {name: a}\n         ^\n"
	  "  expected: a list of rules, or [] for none" },
	{ "refused: a rule that is a word",
	  HEAD "  - a\n",
	  "p.yaml:4:5: error: a single value where a map belongs\n    - a\n      ^\n"
	  "  expected: a rule: lines of \"key: value\"" },
	{ "refused: a rule that is a list",
	  HEAD "  - - a\n",
	  "p.yaml:4:5: error: a list where a map belongs\n    - - a\n      ^\n"
	  "  expected: a rule: lines of \"key: value\"" },
	{ "refused: a Workload API address with a relative path",
	  "version: 1\ndefault: deny\nworkload_api: unix:run/agent.sock\n",
	  "p.yaml:3:15: error: no Workload API address: ~\n"
	  "  workload_api: unix:run/agent.sock\n                ^\n"
	  "  expected: unix:///ABSOLUTE/PATH or tcp://IP:PORT" },
	{ "refused: a Workload API address with a host name",
	  "version: 1\ndefault: deny\nworkload_api: tcp://localhost:1\n",
	  "p.yaml:3:15: error: no Workload API address: ~\n  workload_api: tcp://localhost:1\n"
	  "                ^\n  expected: unix:///ABSOLUTE/PATH or tcp://IP:PORT" },
	{ "refused: an unknown key of a rule that is nearly one",
	  A_RULE "    acept: \"*:80\"\n",
	  "p.yaml:5:5: error: unknown key in a rule: \"acept\"; did you mean \"accept\"?\n"
	  "      acept: \"*:80\"\n      ^\n"
	  "  expected: name, accept, connect, peers, mode or timeout" },
	{ "refused: a singular where there is a plural",
	  A_ADDR "    peer: spiffe://corp.local/a\n",
	  "p.yaml:6:5: error: unknown key in a rule: \"peer\"; did you mean \"peers\"?\n"
	  "      peer: spiffe://corp.local/a\n      ^\n"
	  "  expected: name, accept, connect, peers, mode or timeout" },
	{ "refused: an unknown key of a rule",
	  A_ADDR "    colour: red\n",
	  "p.yaml:6:5: error: unknown key in a rule: \"colour\"\n      colour: red\n      ^\n"
	  "  expected: name, accept, connect, peers, mode or timeout" },
	{ "refused: a repeated key of a rule",
	  A_RULE "    name: b\n",
	  "p.yaml:5:5: error: key \"name\" again; it stands in line 4\n      name: b\n      ^\n"
	  "  expected: each key once" },
	{ "refused: a rule without a name",
	  HEAD "  - accept: 10.0.0.1:80" X_PEERS,
	  "p.yaml:4:5: error: the rule has no \"name\"\n    - accept: 10.0.0.1:80\n      ^\n"
	  "  expected: name: WORD" },
	{ "refused: an empty rule name",
	  HEAD "  - name: \"\"\n",
	  "p.yaml:4:11: error: \"\" is no name for a rule\n    - name: \"\"\n            ^\n"
	  "  expected: 1 to 64 letters, digits, dots, hyphens and underscores" },
	{ "refused: a rule name with a space",
	  HEAD "  - name: a b\n",
	  "p.yaml:4:12: error: \"a b\" is no name for a rule\n    - name: a b\n             ^\n"
	  "  expected: 1 to 64 letters, digits, dots, hyphens and underscores" },
	{ "refused: a rule name that is too long",
	  HEAD "  - name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\n",
	  "p.yaml:4:11: error: a rule name of 65 bytes\n"
	  "    - name: nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\n"
	  "            ^\n  expected: 1 to 64 letters, digits, dots, hyphens and underscores" },
	{ "refused: two rules of one name",
	  A_ADDR "    mode: deny\n  - name: a\n    accept: 10.0.0.2:80\n    mode: deny\n",
	  "p.yaml:7:11: error: a second rule \"a\"; the first is in line 4\n    - name: a\n"
	  "            ^\n  expected: a name of its own for each rule" },
	{ "refused: a rule with neither accept nor connect",
	  A_RULE "    mode: deny\n",
	  "p.yaml:4:5: error: rule \"a\" has neither accept nor connect\n    - name: a\n"
	  "      ^\n  expected: accept: ADDRESS:PORT or connect: ADDRESS:PORT" },
	{ "refused: a rule with accept and connect",
	  A_ADDR "    connect: 10.0.0.1:80\n",
	  "p.yaml:6:5: error: a rule with both accept and connect\n      connect: 10.0.0.1:80\n"
	  "      ^\n  expected: accept or connect" },
	{ "refused: no peers in enforce",
	  A_ADDR,
	  "p.yaml:4:5: error: rule \"a\" enforces and has no peers\n    - name: a\n      ^\n"
	  "  expected: peers: [spiffe://TRUST-DOMAIN/PATH, ...]" },
	{ "refused: empty peers in enforce",
	  A_ADDR "    peers: []\n",
	  "p.yaml:6:12: error: rule \"a\" enforces and its peers are empty\n      peers: []\n"
	  "             ^\n  expected: peers: [spiffe://TRUST-DOMAIN/PATH, ...]" },
	{ "refused: peers that are nothing in enforce",
	  A_ADDR "    peers: \n",
	  "p.yaml:6:5: error: rule \"a\" enforces and its peers are empty\n      peers: \n"
	  "      ^\n  expected: peers: [spiffe://TRUST-DOMAIN/PATH, ...]" },
	{ "refused: peers with bypass",
	  A_ADDR "    mode: bypass" X_PEERS,
	  "p.yaml:7:5: error: peers mean nothing in mode bypass\n"
	  "      peers: [spiffe://corp.local/x]\n      ^\n"
	  "  expected: no peers, or mode: enforce" },
	{ "refused: peers with deny",
	  A_ADDR "    peers: spiffe://corp.local/a\n    mode: deny\n",
	  "p.yaml:6:5: error: peers mean nothing in mode deny\n"
	  "      peers: spiffe://corp.local/a\n      ^\n  expected: no peers, or mode: enforce" },
	{ "refused: peers that are a map",
	  A_ADDR "    peers: {a: b}\n",
	  "p.yaml:6:12: error: a map where a list belongs\n      peers: {a: b}\n"
	  "             ^\n  expected: SPIFFE IDs, such as [spiffe://corp.local/backend]" },
	{ "refused: an unknown mode",
	  A_ADDR "    mode: allow\n",
	  "p.yaml:6:11: error: unknown value \"allow\"\n      mode: allow\n            ^\n"
	  "  expected: enforce, bypass or deny" },
	{ "refused: a mode that is nearly one",
	  A_ADDR "    mode: enforc\n",
	  "p.yaml:6:11: error: unknown value \"enforc\"; did you mean \"enforce\"?\n"
	  "      mode: enforc\n            ^\n  expected: enforce, bypass or deny" },
	{ "refused: permissive on accept for now",
	  A_ADDR "    mode: permissive" X_PEERS,
	  "p.yaml:6:11: error: mode permissive is not supported yet\n      mode: permissive\n"
	  "            ^\n  expected: enforce, bypass or deny" },
	{ "refused: permissive on connect for good",
	  A_RULE "    connect: 10.0.0.1:80\n    mode: permissive" X_PEERS,
	  "p.yaml:6:11: error: mode permissive is refused on connect: plaintext would go to"
	  " whoever answers\n      mode: permissive\n            ^\n"
	  "  expected: enforce, bypass or deny" },
	{ "refused: observe for now",
	  A_ADDR "    mode: observe" X_PEERS,
	  "p.yaml:6:11: error: mode observe is not supported yet\n      mode: observe\n"
	  "            ^\n  expected: enforce, bypass or deny" },
	{ "refused: observe on connect for now",
	  A_RULE "    connect: 10.0.0.1:80\n    mode: observe" X_PEERS,
	  "p.yaml:6:11: error: mode observe is not supported yet\n      mode: observe\n"
	  "            ^\n  expected: enforce, bypass or deny" },
	{ "refused: a timeout without a unit",
	  A_ADDR "    timeout: 10" X_PEERS,
	  "p.yaml:6:16: error: \"10\" is no duration\n      timeout: 10\n                 ^\n"
	  "  expected: a whole number from 1s to 5m with its unit: ms, s or m" },
	{ "refused: a timeout with an unknown unit",
	  A_ADDR "    timeout: 10h" X_PEERS,
	  "p.yaml:6:16: error: \"10h\" is no duration\n      timeout: 10h\n                 ^\n"
	  "  expected: a whole number from 1s to 5m with its unit: ms, s or m" },
	{ "refused: a timeout with a fraction",
	  A_ADDR "    timeout: 1.5s" X_PEERS,
	  "p.yaml:6:15: error: \"1.5s\" is no duration\n      timeout: 1.5s\n"
	  "                ^\n"
	  "  expected: a whole number from 1s to 5m with its unit: ms, s or m" },
	{ "refused: a timeout below a second",
	  A_ADDR "    timeout: 999ms" X_PEERS,
	  "p.yaml:6:14: error: timeout 999ms is out of range\n      timeout: 999ms\n"
	  "               ^\n  expected: a whole number from 1s to 5m with its unit: ms, s or m" },
	{ "refused: a timeout above five minutes",
	  A_ADDR "    timeout: 301s" X_PEERS,
	  "p.yaml:6:14: error: timeout 301s is out of range\n      timeout: 301s\n"
	  "               ^\n  expected: a whole number from 1s to 5m with its unit: ms, s or m" },
	{ "refused: a timeout beyond any number",
	  A_ADDR "    timeout: 99999999999999999999s" X_PEERS,
	  "p.yaml:6:14: error: timeout 99999999999999999999s is out of range\n"
	  "      timeout: 99999999999999999999s\n               ^\n"
	  "  expected: a whole number from 1s to 5m with its unit: ms, s or m" },
};

int main(void)
{
	return policy_reject_run(rows, sizeof rows / sizeof *rows);
}
