/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused of addresses, ports and host names. */
#include "../support/policy_reject.h"

static const struct policy_reject rows[] = {
	{ "refused: no port",
	  A_RULE "    accept: 8443" X_PEERS,
	  "p.yaml:5:13: error: no port\n      accept: 8443\n              ^\n"
	  "  expected: ADDRESS:PORT, such as \"*:8443\", \"10.0.0.0/8:443\", \"[fd00::1]:443\"" },
	{ "refused: no address",
	  A_RULE "    accept: :8443" X_PEERS,
	  "p.yaml:5:13: error: no address before the port\n      accept: :8443\n"
	  "              ^\n"
	  "  expected: ADDRESS:PORT, such as \"*:8443\", \"10.0.0.0/8:443\", \"[fd00::1]:443\"" },
	{ "refused: port 0",
	  A_RULE "    accept: \"*:0\"" X_PEERS,
	  "p.yaml:5:16: error: 0 is no port\n      accept: \"*:0\"\n                 ^\n"
	  "  expected: a number from 1 to 65535, a range like 8000-8999, or *" },
	{ "refused: a port with a leading zero",
	  A_RULE "    accept: \"*:08\"" X_PEERS,
	  "p.yaml:5:16: error: 08 is no port\n      accept: \"*:08\"\n                 ^\n"
	  "  expected: a number from 1 to 65535, a range like 8000-8999, or *" },
	{ "refused: a port above 65535",
	  A_RULE "    accept: \"*:65536\"" X_PEERS,
	  "p.yaml:5:16: error: 65536 is no port\n      accept: \"*:65536\"\n"
	  "                 ^\n"
	  "  expected: a number from 1 to 65535, a range like 8000-8999, or *" },
	{ "refused: a port that is a word",
	  A_RULE "    accept: \"*:https\"" X_PEERS,
	  "p.yaml:5:16: error: https is no port\n      accept: \"*:https\"\n"
	  "                 ^\n"
	  "  expected: a number from 1 to 65535, a range like 8000-8999, or *" },
	{ "refused: port 53 on accept",
	  A_RULE "    accept: \"*:53\"" X_PEERS,
	  "p.yaml:5:16: error: port 53 cannot be in a rule\n      accept: \"*:53\"\n"
	  "                 ^\n  expected: another port: DNS would break" },
	{ "refused: port 53 on connect",
	  A_RULE "    connect: ledger.corp.local:53" X_PEERS,
	  "p.yaml:5:32: error: port 53 cannot be in a rule\n"
	  "      connect: ledger.corp.local:53\n                                 ^\n"
	  "  expected: another port: DNS would break" },
	{ "refused: port 53 inside a range",
	  A_RULE "    accept: \"*:50-60\"" X_PEERS,
	  "p.yaml:5:16: error: port 53 cannot be in a rule\n      accept: \"*:50-60\"\n"
	  "                 ^\n  expected: another port: DNS would break" },
	{ "refused: port 53 at the end of a range",
	  A_RULE "    connect: \"*:1-53\"" X_PEERS,
	  "p.yaml:5:17: error: port 53 cannot be in a rule\n      connect: \"*:1-53\"\n"
	  "                  ^\n  expected: another port: DNS would break" },
	{ "refused: a range that runs backwards",
	  A_RULE "    accept: \"*:9-8\"" X_PEERS,
	  "p.yaml:5:16: error: the range 9-8 is empty\n      accept: \"*:9-8\"\n"
	  "                 ^\n  expected: the lower port first" },
	{ "refused: a range without an end",
	  A_RULE "    accept: \"*:8-\"" X_PEERS,
	  "p.yaml:5:18: error: 8- is no port\n      accept: \"*:8-\"\n                   ^\n"
	  "  expected: a number from 1 to 65535, a range like 8000-8999, or *" },
	{ "refused: a host name on accept",
	  A_RULE "    accept: ledger.corp.local:80" X_PEERS,
	  "p.yaml:5:13: error: accept takes no host name: ledger.corp.local\n"
	  "      accept: ledger.corp.local:80\n              ^\n"
	  "  expected: *, an address or a network of this machine" },
	{ "refused: three numbers",
	  A_RULE "    accept: 10.0.1:80" X_PEERS,
	  "p.yaml:5:13: error: 10.0.1 is no IPv4 address\n      accept: 10.0.1:80\n"
	  "              ^\n  expected: four numbers from 0 to 255 without leading zeros" },
	{ "refused: a leading zero in an address",
	  A_RULE "    accept: 10.0.0.010:80" X_PEERS,
	  "p.yaml:5:13: error: 10.0.0.010 is no IPv4 address\n      accept: 10.0.0.010:80\n"
	  "              ^\n  expected: four numbers from 0 to 255 without leading zeros" },
	{ "refused: a prefix that is too long",
	  A_RULE "    accept: 10.0.0.0/33:80" X_PEERS,
	  "p.yaml:5:22: error: 33 is no prefix length\n      accept: 10.0.0.0/33:80\n"
	  "                       ^\n  expected: a number from 0 to 32" },
	{ "refused: bits behind an IPv4 prefix",
	  A_RULE "    accept: 10.0.0.1/8:80" X_PEERS,
	  "p.yaml:5:13: error: 10.0.0.1/8 has bits set behind its prefix\n"
	  "      accept: 10.0.0.1/8:80\n              ^\n  expected: 10.0.0.0/8" },
	{ "refused: bits behind an IPv6 prefix",
	  A_RULE "    accept: \"[fd00::1/8]:80\"" X_PEERS,
	  "p.yaml:5:15: error: fd00::1/8 has bits set behind its prefix\n"
	  "      accept: \"[fd00::1/8]:80\"\n                ^\n  expected: [fd00::/8]" },
	{ "refused: an IPv6 address that is none",
	  A_RULE "    accept: \"[fd00::g]:80\"" X_PEERS,
	  "p.yaml:5:15: error: fd00::g is no IPv6 address\n      accept: \"[fd00::g]:80\"\n"
	  "                ^\n  expected: an IPv6 address in the brackets" },
	{ "refused: an IPv6 address without brackets",
	  A_RULE "    accept: fd00::1:80" X_PEERS,
	  "p.yaml:5:13: error: an IPv6 address stands in brackets\n      accept: fd00::1:80\n"
	  "              ^\n  expected: \"[fd00::1]:443\"" },
	{ "refused: empty brackets",
	  A_RULE "    accept: \"[]:80\"" X_PEERS,
	  "p.yaml:5:13: error: no address before the port\n      accept: \"[]:80\"\n"
	  "              ^\n"
	  "  expected: ADDRESS:PORT, such as \"*:8443\", \"10.0.0.0/8:443\", \"[fd00::1]:443\"" },
	{ "refused: a zone",
	  A_RULE "    accept: \"[fe80::1%eth0]:80\"" X_PEERS,
	  "p.yaml:5:15: error: fe80::1%eth0 names a zone\n      accept: \"[fe80::1%eth0]:80\"\n"
	  "                ^\n  expected: the address without %zone" },
	{ "refused: the IPv4 wildcard address",
	  A_RULE "    accept: 0.0.0.0:80" X_PEERS,
	  "p.yaml:5:13: error: 0.0.0.0 is the address of nobody\n      accept: 0.0.0.0:80\n"
	  "              ^\n  expected: * for any address, 127.0.0.1 or [::1] for this machine" },
	{ "refused: the IPv6 wildcard address",
	  A_RULE "    connect: \"[::]:80\"" X_PEERS,
	  "p.yaml:5:16: error: :: is the address of nobody\n      connect: \"[::]:80\"\n"
	  "                 ^\n"
	  "  expected: * for any address, 127.0.0.1 or [::1] for this machine" },
	{ "refused: an underscore in a host name",
	  A_RULE "    connect: led_ger.corp.local:80" X_PEERS,
	  "p.yaml:5:17: error: led_ger.corp.local is no host name\n"
	  "      connect: led_ger.corp.local:80\n                  ^\n"
	  "  expected: letters, digits and inner hyphens between dots" },
	{ "refused: a hyphen at the start of a label",
	  A_RULE "    connect: -a.b:80" X_PEERS,
	  "p.yaml:5:14: error: -a.b is no host name\n      connect: -a.b:80\n               ^\n"
	  "  expected: letters, digits and inner hyphens between dots" },
	{ "refused: a hyphen at the end of a label",
	  A_RULE "    connect: a-.b:80" X_PEERS,
	  "p.yaml:5:15: error: a-.b is no host name\n      connect: a-.b:80\n"
	  "                ^\n  expected: letters, digits and inner hyphens between dots" },
	{ "refused: an empty label",
	  A_RULE "    connect: a..b:80" X_PEERS,
	  "p.yaml:5:16: error: a..b has an empty label\n      connect: a..b:80\n"
	  "                 ^\n  expected: a name like ledger.corp.local" },
	{ "refused: a label that is too long",
	  A_RULE "    connect: a.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb:80" X_PEERS,
	  "p.yaml:5:16: error: a label of 64 bytes is no part of a host name\n"
	  "      connect: a.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb:80"
	  "\n                 ^\n  expected: at most 63" },
	{ "refused: a host name that is too long",
	  A_RULE "    connect: cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.cccccccccc"
	  "cccccccccccccccccccccccccccccccccccccccccccccccccc.ccccccccccccccccccccccccccccccccc"
	  "ccccccccccccccccccccccccccc.cccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
	  "cccc.cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc:80" X_PEERS,
	  "p.yaml:5:14: error: a host name of 304 bytes\n"
	  "      connect: cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc.cccccccc"
	  "cccccccccccccccccccccccccccccccccccccccccccccccccccc.ccccccccccccccccccccccccc\n"
	  "               ^\n  expected: at most 253" },
	{ "refused: a wildcard in a host name",
	  A_RULE "    connect: \"*.corp.local:80\"" X_PEERS,
	  "p.yaml:5:14: error: a host name has no wildcards\n"
	  "      connect: \"*.corp.local:80\"\n               ^\n"
	  "  expected: the name itself; a lone * is any address" },
	{ "refused: a host name that is no ASCII",
	  A_RULE "    connect: \303\251.de:80" X_PEERS,
	  "p.yaml:5:14: error: \303\251.de is no host name\n      connect: \303\251.de:80\n"
	  "               ^\n  expected: the name's xn-- form" },
	{ "refused: a host name the resolver takes for an address",
	  A_RULE "    connect: 0x7f.1:80" X_PEERS,
	  "p.yaml:5:14: error: 0x7f.1 is neither an address nor a name\n"
	  "      connect: 0x7f.1:80\n               ^\n"
	  "  expected: an IPv4 address or a name whose last label is no number" },
	{ "refused: an IPv4 address out of range",
	  A_RULE "    connect: 256.1.1.1:80" X_PEERS,
	  "p.yaml:5:14: error: 256.1.1.1 is no IPv4 address\n      connect: 256.1.1.1:80\n"
	  "               ^\n  expected: four numbers from 0 to 255 without leading zeros" },
};

int main(void)
{
	return policy_reject_run(rows, sizeof rows / sizeof *rows);
}
