/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policy/policy_internal.h"

static struct verdict by_rule(const struct rule *r)
{
	return (struct verdict){ .mode = r->mode, .rule = r };
}

/* Neither IPv4 nor IPv6: Unix sockets and the like are never managed. */
static struct verdict untouched(void)
{
	return (struct verdict){ .mode = MODE_BYPASS };
}

struct verdict policy_match_accept(const struct policy *p, const struct sockaddr *local)
{
	struct net_address a;
	struct rule_cursor c;
	const struct rule *r;

	if (!net_address_from(local, &a))
		return untouched();
	rule_cursor_start(&c, p, SIDE_ACCEPT, &a);
	while ((r = rule_cursor_next(&c)))
		if (address_pattern_has_port(&r->address, a.port) && address_pattern_has_ip(&r->address, &a))
			return by_rule(r);
	return (struct verdict){ .mode = p->otherwise };
}

struct verdict policy_match_connect(const struct policy *p, const struct sockaddr *remote,
				    const struct name_table *names)
{
	const struct rule *r, *claim = NULL;
	struct net_address a;
	struct rule_cursor c;

	if (!net_address_from(remote, &a))
		return untouched();
	net_address_to_destination(&a);
	rule_cursor_start(&c, p, SIDE_CONNECT, &a);
	while ((r = rule_cursor_next(&c))) {
		if (!address_pattern_has_port(&r->address, a.port))
			continue;
		if (address_pattern_has_ip(&r->address, &a))
			return by_rule(r);
		if (r->address.kind != ADDRESS_HOST)
			continue;
		if (names && name_table_has(names, r->address.host, remote))
			return by_rule(r);
		/* A name that resolves elsewhere must not fail open. A rule that asks
		 * for bypass has nothing that could. */
		if (!claim && r->mode != MODE_BYPASS)
			claim = r;
	}
	if (claim)
		return (struct verdict){ .mode = MODE_DENY, .claimed_by = claim };
	return (struct verdict){ .mode = p->otherwise };
}

/* Could a connection that comes in there have an address of the pattern? */
static bool may_arrive(const struct address_pattern *p, const struct net_address *listener)
{
	if (!address_pattern_has_port(p, listener->port))
		return false;
	if (!net_address_is_wildcard(listener) || p->kind != ADDRESS_NET)
		return address_pattern_has_ip(p, listener);
	/* A listener on :: may take IPv4 as well. */
	return !net_address_is_v4(listener) || address_pattern_is_v4(p);
}

bool policy_may_manage_listener(const struct policy *p, const struct sockaddr *local)
{
	struct net_address a;

	if (!net_address_from(local, &a))
		return false;
	if (p->otherwise == MODE_DENY)
		return true;
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];

		if (r->side == SIDE_ACCEPT && r->mode != MODE_BYPASS && may_arrive(&r->address, &a))
			return true;
	}
	return false;
}
