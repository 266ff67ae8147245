/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the rules that could hold for an address without asking all of them. */
#include <stdlib.h>
#include <string.h>

#include "policy/policy_internal.h"

struct port_entry {
	uint16_t port;
	uint8_t has_ip; /* one address; else any, a network or a name */
	uint8_t ip[16];
	uint32_t rule;
};

static int compare_key(const struct port_entry *x, const struct port_entry *y)
{
	int order = (x->port > y->port) - (x->port < y->port);

	if (!order)
		order = x->has_ip - y->has_ip;
	return order ? order : memcmp(x->ip, y->ip, sizeof x->ip);
}

static int compare(const void *a, const void *b)
{
	const struct port_entry *x = a, *y = b;
	int order = compare_key(x, y);

	return order ? order : (x->rule > y->rule) - (x->rule < y->rule);
}

static void add(struct rule_index *ix, const struct rule *r, size_t i)
{
	const struct address_pattern *a = &r->address;
	struct port_entry *e;

	if (a->port_lo != a->port_hi) {
		ix->wide[ix->n_wide++] = (uint32_t)i;
		return;
	}
	e = &ix->exact[ix->n_exact++];
	*e = (struct port_entry){ .port = a->port_lo, .rule = (uint32_t)i };
	if (a->kind == ADDRESS_NET && a->prefix == 128) {
		e->has_ip = 1;
		memcpy(e->ip, a->ip, sizeof e->ip);
	}
}

struct result rule_index_build(struct policy *p, struct err *reterr)
{
	size_t exact[RULE_SIDES] = { 0 }, wide[RULE_SIDES] = { 0 };

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];

		*(r->address.port_lo == r->address.port_hi ? &exact[r->side] : &wide[r->side]) += 1;
	}
	for (int side = 0; side < RULE_SIDES; side++) {
		struct rule_index *ix = &p->index[side];

		ix->exact = arena_array(&p->arena, exact[side], sizeof *ix->exact);
		ix->wide = arena_array(&p->arena, wide[side], sizeof *ix->wide);
		if (!ix->exact || !ix->wide)
			return FAIL(reterr, ERR_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < p->n_rules; i++)
		add(&p->index[p->rules[i].side], &p->rules[i], i);
	for (int side = 0; side < RULE_SIDES; side++)
		if (p->index[side].n_exact)
			qsort(p->index[side].exact, p->index[side].n_exact, sizeof(struct port_entry), compare);
	return RESULT_OK;
}

/* The first entry that is not before key, or (past) behind all equal to it. */
static size_t bound(const struct rule_index *ix, const struct port_entry *key, bool past)
{
	size_t lo = 0, hi = ix->n_exact;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = compare_key(&ix->exact[mid], key);

		if (order < 0 || (past && order == 0))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

enum { LIST_IP, LIST_PORT, LIST_WIDE, LISTS };

void rule_cursor_start(struct rule_cursor *c, const struct policy *p, enum rule_side side,
		       const struct net_address *a)
{
	const struct rule_index *ix = &p->index[side];
	struct port_entry key = { .port = a->port };

	c->p = p;
	c->index = ix;
	c->at[LIST_PORT] = bound(ix, &key, false);
	c->end[LIST_PORT] = bound(ix, &key, true);
	key.has_ip = 1;
	memcpy(key.ip, a->ip, sizeof key.ip);
	c->at[LIST_IP] = bound(ix, &key, false);
	c->end[LIST_IP] = bound(ix, &key, true);
	c->at[LIST_WIDE] = 0;
	c->end[LIST_WIDE] = ix->n_wide;
}

const struct rule *rule_cursor_next(struct rule_cursor *c)
{
	uint32_t best = UINT32_MAX;
	int from = LISTS;

	for (int list = 0; list < LISTS; list++) {
		uint32_t rule;

		if (c->at[list] == c->end[list])
			continue;
		rule = list == LIST_WIDE ? c->index->wide[c->at[list]] :
					   c->index->exact[c->at[list]].rule;
		if (rule < best) {
			best = rule;
			from = list;
		}
	}
	if (from == LISTS)
		return NULL;
	c->at[from]++;
	return &c->p->rules[best];
}
