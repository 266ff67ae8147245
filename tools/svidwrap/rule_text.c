/* SPDX-License-Identifier: Apache-2.0 */
#include "rule_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "policy/policy_internal.h"

const char *rule_side_text(const struct rule *r)
{
	return r->side == SIDE_ACCEPT ? "accept" : "connect";
}

static void net_text(const struct address_pattern *a, char *buf, size_t cap)
{
	char ip[INET6_ADDRSTRLEN], bits[8] = "";
	bool v4 = address_pattern_is_v4(a);

	if (!inet_ntop(v4 ? AF_INET : AF_INET6, a->ip + (v4 ? 12 : 0), ip,
		       sizeof ip))
		strcpy(ip, "?");
	if (a->prefix < 128) /* IPv4 is held IPv4-mapped, 96 bits in */
		snprintf(bits, sizeof bits, "/%d", a->prefix - (v4 ? 96 : 0));
	snprintf(buf, cap, v4 ? "%s%s" : "[%s]%s", ip, bits);
}

void rule_address_text(const struct rule *r, char buf[RULE_ADDRESS_MAX])
{
	const struct address_pattern *a = &r->address;
	char host[HOST_NAME_MAX_LEN + 1] = "*";

	if (a->kind == ADDRESS_HOST)
		snprintf(host, sizeof host, "%s", a->host);
	else if (a->kind == ADDRESS_NET)
		net_text(a, host, sizeof host);
	if (a->port_lo == 1 && a->port_hi == 65535)
		snprintf(buf, RULE_ADDRESS_MAX, "%s:*", host);
	else if (a->port_lo == a->port_hi)
		snprintf(buf, RULE_ADDRESS_MAX, "%s:%u", host, a->port_lo);
	else
		snprintf(buf, RULE_ADDRESS_MAX, "%s:%u-%u", host, a->port_lo,
			 a->port_hi);
}

size_t rule_peer_count(const struct rule *r)
{
	return r->n_peers;
}

void rule_peer_text(const struct rule *r, size_t i, char *buf, size_t cap)
{
	snprintf(buf, cap, "spiffe://%s%s", r->peers[i].td, r->peers[i].path);
}
