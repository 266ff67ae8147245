/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which SPIFFE IDs a rule accepts: an ID, in whose path `*` stands for one
 * whole segment and `**`, only last, for one or more.
 */
#ifndef SVIDWRAP_POLICY_PEER_PATTERN_H
#define SVIDWRAP_POLICY_PEER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/arena.h"
#include "policy/policy_diag.h"
#include "spiffe/spiffe_id.h"

struct peer_pattern {
	const char *td;   /* lower case; borrowed */
	const char *path; /* from its first slash on; borrowed */
};

/* The strings are taken from a. errors: ERR_PARSE (c filled), ERR_NOMEM. */
struct result peer_pattern_parse(const char *text, size_t len, struct arena *a,
				 struct peer_pattern *ret, struct complaint *c);

/* SPIFFE-ID.md 2.4: the path case-sensitively. ctx: signal. */
bool peer_pattern_matches(const struct peer_pattern *p, const struct spiffe_id *id);

/* Is it any identity of its trust domain? */
bool peer_pattern_is_whole_domain(const struct peer_pattern *p);

#endif
