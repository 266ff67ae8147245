/* SPDX-License-Identifier: Apache-2.0 */
/* What a policy is made of; for lib/policy alone. */
#ifndef SVIDWRAP_POLICY_POLICY_INTERNAL_H
#define SVIDWRAP_POLICY_POLICY_INTERNAL_H

#include <stdatomic.h>

#include "policy/address_pattern.h"
#include "policy/arena.h"
#include "policy/keys.h"
#include "policy/peer_pattern.h"
#include "policy/policy.h"
#include "policy/policy_diag.h"

enum rule_side { SIDE_ACCEPT, SIDE_CONNECT };
#define RULE_SIDES 2

struct rule {
	const char *name;
	enum rule_side side;
	enum rule_mode mode;
	int timeout_ms;
	struct address_pattern address;
	struct peer_pattern *peers;
	size_t n_peers;
	size_t at;      /* of the address, in the text */
	size_t name_at; /* of the name */
};

/* The rules of one side by what a lookup knows. All in the file's order within
 * a key, which is what makes the first match win. */
struct rule_index {
	struct port_entry *exact; /* one port; sorted by port, has_ip, ip, rule */
	size_t n_exact;
	uint32_t *wide; /* ranges and any port */
	size_t n_wide;
};

struct policy {
	atomic_uint refs;
	struct arena arena; /* holds all that follows */
	struct source src;  /* a copy of the text: later messages quote it */
	const char *workload_api;
	enum rule_mode otherwise;
	struct rule *rules;
	size_t n_rules;
	struct rule_index index[RULE_SIDES];
};

/* policy.c: everything after the YAML; p has its source. Not atomic: on failure p
 * is only good for policy_unref. */
struct result policy_build(struct policy *p, const struct policy_node *root, struct policy_diag *diag,
			   struct err *reterr);
/* rule.c: one item of `rules` into *ret. */
struct result rule_build(struct build *b, const struct policy_node *node, struct rule *ret);
/* rule_check.c: what can be said of all rules together; needs the index. */
struct result rules_check(struct build *b, const struct policy *p);
/* rule_index.c: errors: ERR_NOMEM. */
struct result rule_index_build(struct policy *p, struct err *reterr);

/* Goes through the rules of a side that could hold for an address, in the
 * file's order. Every rule it skips has another port or another address.
 * ctx: signal. */
struct rule_cursor {
	const struct policy *p;
	const struct rule_index *index;
	size_t at[3], end[3]; /* exact with this ip, exact without one, wide */
};
void rule_cursor_start(struct rule_cursor *c, const struct policy *p, enum rule_side side,
		       const struct net_address *a);
const struct rule *rule_cursor_next(struct rule_cursor *c);

#endif
