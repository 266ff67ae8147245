/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The little of YAML that a policy needs: maps, lists and one-line scalars, four
 * levels deep, with the place of each. Anchors, aliases, tags, directives and
 * further documents are refused. This file alone knows the YAML library.
 */
#ifndef SVIDWRAP_POLICY_POLICY_YAML_H
#define SVIDWRAP_POLICY_POLICY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/arena.h"
#include "policy/policy_diag.h"

#define POLICY_SIZE_MAX ((size_t)1024 * 1024) /* bytes */

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct policy_node {
	enum node_kind kind;
	size_t at;        /* byte in the source; of the quote, if quoted */
	bool quoted;
	const char *text; /* scalars: NUL-terminated, no control characters */
	size_t len;
	size_t count;     /* lists and maps: how many children */
	struct policy_node *key;   /* in a map: the scalar before the colon */
	struct policy_node *child; /* lists and maps: the first item or value */
	struct policy_node *next;  /* the sibling */
};

/* *ret: borrowed from a. errors: ERR_PARSE (diag filled), ERR_NOMEM. */
struct result policy_yaml_read(const struct source *src, struct arena *a, struct policy_node **ret,
			 struct policy_diag *diag, struct err *reterr);

/* "a scalar", "a list", "a map" for messages. */
const char *node_kind_name(enum node_kind kind);

#endif
