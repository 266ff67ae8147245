/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/address_pattern.h"

#include <netinet/in.h>
#include <string.h>

static const uint8_t v4_mapped[12] = { [10] = 0xff, [11] = 0xff };

static bool is_mapped(const uint8_t *ip)
{
	return memcmp(ip, v4_mapped, sizeof v4_mapped) == 0;
}

bool net_address_from(const struct sockaddr *sa, struct net_address *ret)
{
	sa_family_t family;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memcpy(&family, (const char *)sa + offsetof(struct sockaddr, sa_family), sizeof family);
	switch (family) {
	case AF_INET:
		memcpy(&v4, sa, sizeof v4);
		memcpy(ret->ip, v4_mapped, sizeof v4_mapped);
		memcpy(ret->ip + sizeof v4_mapped, &v4.sin_addr, 4);
		ret->port = ntohs(v4.sin_port);
		return true;
	case AF_INET6:
		memcpy(&v6, sa, sizeof v6);
		memcpy(ret->ip, &v6.sin6_addr, 16);
		ret->port = ntohs(v6.sin6_port);
		return true;
	default:
		return false;
	}
}

bool net_address_is_v4(const struct net_address *a)
{
	return is_mapped(a->ip);
}

bool net_address_is_wildcard(const struct net_address *a)
{
	static const uint8_t zero[16];

	return memcmp(a->ip, zero, 16) == 0 || (is_mapped(a->ip) && memcmp(a->ip + 12, zero, 4) == 0);
}

void net_address_to_destination(struct net_address *a)
{
	if (!net_address_is_wildcard(a))
		return;
	if (is_mapped(a->ip))
		a->ip[12] = 127;
	a->ip[15] = 1;
}

bool address_pattern_is_v4(const struct address_pattern *p)
{
	return p->prefix >= 96 && is_mapped(p->ip);
}

bool address_pattern_has_port(const struct address_pattern *p, uint16_t port)
{
	return port >= p->port_lo && port <= p->port_hi && port != DNS_PORT;
}

static bool same_bits(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned bytes = bits / 8, rest = bits % 8;

	if (memcmp(a, b, bytes) != 0)
		return false;
	return rest == 0 || (uint8_t)(a[bytes] ^ b[bytes]) >> (8 - rest) == 0;
}

bool address_pattern_has_ip(const struct address_pattern *p, const struct net_address *a)
{
	switch (p->kind) {
	case ADDRESS_ANY:
		return true;
	case ADDRESS_NET:
		return address_pattern_is_v4(p) == net_address_is_v4(a) && same_bits(p->ip, a->ip, p->prefix);
	case ADDRESS_HOST:
		break;
	}
	return false;
}

bool address_pattern_covers(const struct address_pattern *a, const struct address_pattern *b)
{
	if (b->port_lo < a->port_lo || b->port_hi > a->port_hi)
		return false;
	if (a->kind == ADDRESS_ANY)
		return true;
	if (a->kind != b->kind)
		return false;
	if (a->kind == ADDRESS_HOST)
		return strcmp(a->host, b->host) == 0;
	return address_pattern_is_v4(a) == address_pattern_is_v4(b) && a->prefix <= b->prefix &&
	       same_bits(a->ip, b->ip, a->prefix);
}

bool host_name_normalise(const char *host, char *ret)
{
	size_t len = strnlen(host, HOST_NAME_MAX_LEN + 2);

	if (len > 1 && host[len - 1] == '.')
		len--;
	if (len > HOST_NAME_MAX_LEN)
		return false;
	for (size_t i = 0; i < len; i++)
		ret[i] = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] + 32) : host[i];
	ret[len] = '\0';
	return true;
}
