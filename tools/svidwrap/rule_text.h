/* SPDX-License-Identifier: Apache-2.0 */
/* A rule as its author wrote it, in one form for each thing. */
#ifndef SVIDWRAP_TOOLS_RULE_TEXT_H
#define SVIDWRAP_TOOLS_RULE_TEXT_H

#include <stddef.h>

#include "policy/policy.h"

#define RULE_ADDRESS_MAX 320

const char *rule_side_text(const struct rule *r); /* "accept", "connect" */
/* "*:8443", "10.0.0.0/8:*", "[2001:db8::1]:80-90", "db.corp.local:5432" */
void rule_address_text(const struct rule *r, char buf[RULE_ADDRESS_MAX]);
size_t rule_peer_count(const struct rule *r);
/* "spiffe://corp.local/backend", wildcards as they are. */
void rule_peer_text(const struct rule *r, size_t i, char *buf, size_t cap);

#endif
