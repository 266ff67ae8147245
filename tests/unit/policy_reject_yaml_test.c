/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused before it is a policy: bytes, YAML's own means, shape. */
#include "../support/policy_reject.h"

static const struct policy_reject rows[] = {
	{ "refused: an empty policy",
	  "",
	  "p.yaml:1:1: error: the policy is empty\n  \n  ^\n  expected: version: 1" },
	{ "refused: a policy of blank lines",
	  "\n\n",
	  "p.yaml:1:1: error: the policy is empty\n  \n  ^\n  expected: version: 1" },
	{ "refused: a policy of comments",
	  "# nothing\n",
	  "p.yaml:1:1: error: the policy is empty\n  # nothing\n  ^\n  expected: version: 1" },
	{ "refused: bytes that are not UTF-8",
	  "version: 1\ndefault: de\377\n",
	  "p.yaml:2:12: error: not UTF-8\n  default: de?\n             ^\n"
	  "  expected: text in UTF-8" },
	{ "refused: a surrogate in UTF-8",
	  "version: 1\ndefault: \355\240\200\n",
	  "p.yaml:2:10: error: not UTF-8\n  default: ???\n           ^\n"
	  "  expected: text in UTF-8" },
	{ "refused: a control character",
	  "version: 1\ndefault: \033[2Jdeny\n",
	  "p.yaml:2:10: error: a control character\n  default: ?[2Jdeny\n           ^\n"
	  "  expected: text" },
	{ "refused: a lone carriage return",
	  "version: 1\rdefault: deny\n",
	  "p.yaml:1:11: error: a control character\n  version: 1?default: deny\n            ^\n"
	  "  expected: text" },
	{ "refused: a character that turns the writing direction",
	  "version: 1\ndefault: \342\200\256yned\n",
	  "p.yaml:2:10: error: a control character\n  default: ?yned\n           ^\n"
	  "  expected: text" },
	{ "refused: a YAML directive",
	  "%YAML 1.1\n---\nversion: 1\n",
	  "p.yaml:1:1: error: a YAML directive, and a policy has none\n  %YAML 1.1\n  ^" },
	{ "refused: an anchor",
	  "version: 1\ndefault: &x deny\n",
	  "p.yaml:2:10: error: a YAML anchor, and a policy has none\n  default: &x deny\n"
	  "           ^\n  expected: the value itself, in quotes if it starts with &" },
	{ "refused: an anchor on a map",
	  HEAD "  - &r\n    name: a\n",
	  "p.yaml:4:5: error: a YAML anchor, and a policy has none\n    - &r\n      ^\n"
	  "  expected: the value itself, in quotes if it starts with &" },
	{ "refused: an alias",
	  "version: 1\ndefault: *x\n",
	  "p.yaml:2:10: error: an unquoted * starts a YAML alias, and a policy has none\n"
	  "  default: *x\n           ^\n  expected: \"*x\", in quotes" },
	{ "refused: a merge key",
	  "version: 1\n<<: *x\n",
	  "p.yaml:2:5: error: an unquoted * starts a YAML alias, and a policy has none\n"
	  "  <<: *x\n      ^\n  expected: \"*x\", in quotes" },
	{ "refused: a tag",
	  "version: 1\ndefault: !!str deny\n",
	  "p.yaml:2:10: error: a YAML tag, and a policy has none\n  default: !!str deny\n"
	  "           ^\n  expected: the value itself, in quotes if it starts with !" },
	{ "refused: an empty tag before a quoted value",
	  "version: 1\ndefault: ! \"deny\"\n",
	  "p.yaml:2:10: error: a YAML tag, and a policy has none\n  default: ! \"deny\"\n"
	  "           ^\n  expected: the value itself, in quotes if it starts with !" },
	{ "refused: an anchor before a quoted value",
	  "version: 1\ndefault: &a \"deny\"\n",
	  "p.yaml:2:10: error: a YAML anchor, and a policy has none\n  default: &a \"deny\"\n"
	  "           ^\n  expected: the value itself, in quotes if it starts with &" },
	{ "refused: a tag on a list",
	  "version: 1\ndefault: deny\nrules: !!seq []\n",
	  "p.yaml:3:8: error: a YAML tag, and a policy has none\n  rules: !!seq []\n"
	  "         ^\n  expected: the value itself, in quotes if it starts with !" },
	{ "refused: a tag on a key",
	  "version: 1\n!!str default: deny\n",
	  "p.yaml:2:1: error: a YAML tag, and a policy has none\n  !!str default: deny\n  ^\n"
	  "  expected: the value itself, in quotes if it starts with !" },
	{ "refused: an anchor without a value",
	  "version: 1\ndefault: &a\n",
	  "p.yaml:2:10: error: a YAML anchor, and a policy has none\n  default: &a\n"
	  "           ^\n  expected: the value itself, in quotes if it starts with &" },
	{ "refused: an empty tag",
	  "version: 1\ndefault: ! deny\n",
	  "p.yaml:2:10: error: a YAML tag, and a policy has none\n  default: ! deny\n"
	  "           ^\n  expected: the value itself, in quotes if it starts with !" },
	{ "refused: an unquoted star before a port",
	  A_RULE "    accept: *:8443" X_PEERS,
	  "p.yaml:5:13: error: an unquoted * starts a YAML alias, and a policy has none\n"
	  "      accept: *:8443\n              ^\n  expected: \"*:8443\", in quotes" },
	{ "refused: an unquoted star alone",
	  A_RULE "    accept: *" X_PEERS,
	  "p.yaml:5:13: error: an unquoted * starts a YAML alias, and a policy has none\n"
	  "      accept: *\n              ^\n  expected: \"*\", in quotes" },
	{ "refused: an unquoted star in a list",
	  A_ADDR "    peers: [*]\n",
	  "p.yaml:6:13: error: an unquoted * starts a YAML alias, and a policy has none\n"
	  "      peers: [*]\n              ^\n  expected: \"*\", in quotes" },
	{ "refused: an unquoted star before a range",
	  A_RULE "    connect: *:8000-8999 # all" X_PEERS,
	  "p.yaml:5:14: error: an unquoted * starts a YAML alias, and a policy has none\n"
	  "      connect: *:8000-8999 # all\n               ^\n"
	  "  expected: \"*:8000-8999\", in quotes" },
	{ "refused: an unquoted IPv6 address",
	  A_RULE "    accept: [fd00::1]:443" X_PEERS,
	  "p.yaml:5:13: error: an unquoted [ starts a YAML list\n      accept: [fd00::1]:443\n"
	  "              ^\n  expected: \"[fd00::1]:443\", in quotes" },
	{ "refused: an unquoted IPv6 network",
	  A_RULE "    connect: [fd00::/8]:443" X_PEERS,
	  "p.yaml:5:14: error: an unquoted [ starts a YAML list\n"
	  "      connect: [fd00::/8]:443\n               ^\n"
	  "  expected: \"[fd00::/8]:443\", in quotes" },
	{ "refused: a second document",
	  "version: 1\ndefault: deny\n---\nversion: 1\n",
	  "p.yaml:3:1: error: a second YAML document\n  ---\n  ^\n"
	  "  expected: one document in one file" },
	{ "refused: a second document behind an end mark",
	  "version: 1\ndefault: deny\n...\nversion: 1\n",
	  "p.yaml:4:1: error: a second YAML document\n  version: 1\n  ^\n"
	  "  expected: one document in one file" },
	{ "refused: a quote that is not closed",
	  "version: 1\ndefault: \"deny\n",
	  "p.yaml:2:10: error: not YAML: found unexpected end of stream while scanning a"
	  " quoted scalar\n  default: \"deny\n           ^" },
	{ "refused: a list that is not closed",
	  A_ADDR "    peers: [spiffe://corp.local/a\n",
	  "p.yaml:6:12: error: not YAML: did not find expected ',' or ']' while parsing a flow"
	  " sequence\n      peers: [spiffe://corp.local/a\n             ^" },
	{ "refused: a tab as indentation",
	  "version: 1\nrules:\n\t- name: a\n",
	  "p.yaml:3:1: error: not YAML: found character that cannot start any token while"
	  " scanning for the next token\n  \t- name: a\n  ^" },
	{ "refused: a value that goes on in the next line",
	  "version: 1\n  default: deny\n",
	  "p.yaml:2:10: error: not YAML: mapping values are not allowed in this context\n"
	  "    default: deny\n           ^" },
	{ "refused: a value with an escaped line break",
	  "version: 1\ndefault: \"de\\nny\"\n",
	  "p.yaml:2:10: error: a value with a line break or another control character\n"
	  "  default: \"de\\nny\"\n           ^\n  expected: a value on one line" },
	{ "refused: a value with an escaped NUL",
	  A_RULE "    accept: \"10.0.0.1:80\\0\"\n",
	  "p.yaml:5:13: error: a value with a line break or another control character\n"
	  "      accept: \"10.0.0.1:80\\0\"\n              ^\n  expected: a value on one line" },
	{ "refused: a block of several lines",
	  "version: 1\ndefault: |\n  deny\n  bypass\n",
	  "p.yaml:2:10: error: a value with a line break or another control character\n"
	  "  default: |\n           ^\n  expected: a value on one line" },
	{ "refused: a list for a policy",
	  "- version: 1\n",
	  "p.yaml:1:1: error: a list where a map belongs\n  - version: 1\n  ^\n"
	  "  expected: a policy: lines of \"key: value\"" },
	{ "refused: a word for a policy",
	  "deny\n",
	  "p.yaml:1:1: error: a single value where a map belongs\n  deny\n  ^\n"
	  "  expected: a policy: lines of \"key: value\"" },
	{ "refused: a list for a key",
	  "version: 1\n? [a]\n: b\n",
	  "p.yaml:2:3: error: a key that is a list or a map\n  ? [a]\n    ^\n"
	  "  expected: a plain word" },
	{ "refused: what is nested too deeply",
	  "version: 1\nrules: [{name: a, peers: [[b]]}]\n",
	  "p.yaml:2:27: error: nested too deeply for a policy\n"
	  "  rules: [{name: a, peers: [[b]]}]\n                            ^" },
	{ "refused: a list that opens and opens",
	  "[[[[[[[[[[[[[[[[\n",
	  "p.yaml:1:5: error: nested too deeply for a policy\n  [[[[[[[[[[[[[[[[\n      ^" },
	{ "shown: the caret counts characters",
	  "# \303\251\ndefault: deny\n# \303\274\nrul\303\251s: []\n",
	  "p.yaml:4:1: error: unknown key in a policy: \"rul\303\251s\"; did you mean"
	  " \"rules\"?\n  rul\303\251s: []\n  ^\n"
	  "  expected: version, default, workload_api or rules" },
	{ "shown: the caret stands right behind a tab",
	  "version:\t2\n",
	  "p.yaml:1:10: error: unknown version \"2\"\n  version:\t2\n          \t^\n"
	  "  expected: 1" },
	{ "shown: a line that is too long to show",
	  "version: 1\n"
	  "default: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n",
	  "p.yaml:2:10: error: unknown value \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxx\"\n"
	  "  default: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
	  "           ^\n  expected: deny or bypass" },
	{ "shown: the place in a line that is too long to show",
	  "{version: 1, default: deny, workload_api: \"unix:///yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
	  "yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\",         "
	  " unknown: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	  "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}\n",
	  "p.yaml:1:164: error: unknown key in a policy: \"unknown\"\n"
	  "  unix:///yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy"
	  "yyyyyyyyyyyyyyyyyyyyyyyyyy\",          unknown: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
	  "                                                                                   "
	  "                                       ^\n"
	  "  expected: version, default, workload_api or rules" },
	{ "shown: carriage returns before line feeds are no part of a line",
	  "version: 1\r\ndefault: deny\r\nx: 3\r\n",
	  "p.yaml:3:1: error: unknown key in a policy: \"x\"\n  x: 3\n  ^\n"
	  "  expected: version, default, workload_api or rules" },
	{ "shown: a byte order mark is no column",
	  "\357\273\277versio: 1\n",
	  "p.yaml:1:1: error: unknown key in a policy: \"versio\"; did you mean \"version\"?\n"
	  "  versio: 1\n  ^\n  expected: version, default, workload_api or rules" },
};

int main(void)
{
	return policy_reject_run(rows, sizeof rows / sizeof *rows);
}
