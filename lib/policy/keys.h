/* SPDX-License-Identifier: Apache-2.0 */
/* Maps whose keys are known: a table says which, and who takes the value. */
#ifndef SVIDWRAP_POLICY_KEYS_H
#define SVIDWRAP_POLICY_KEYS_H

#include "policy/arena.h"
#include "policy/policy_diag.h"
#include "policy/policy_yaml.h"

/* A policy while it is being made. */
struct build {
	const struct source *src;
	struct arena *arena; /* of the policy */
	struct policy_diag *diag;
	struct err *reterr;
};

struct key_def {
	const char *name;
	struct result (*set)(struct build *b, const struct policy_node *value, void *into);
	const char *missing; /* what to write if it is not there; NULL: optional */
};

/* Hands each value to its key's set. what: "policy" or "rule", for messages.
 * Unknown, repeated and missing keys are errors. */
struct result keys_walk(struct build *b, const struct policy_node *map, const char *what,
			const struct key_def *defs, size_t n, void *into);

/* Which of the words the value is; else an error with the nearest of them. */
struct result word_index(struct build *b, const struct policy_node *value, const char *const *words,
			 size_t n, const char *expected, size_t *ret);

/* Complains about byte `offset` of a value. expected may be NULL. */
struct result build_refuse(struct build *b, const struct policy_node *value, size_t offset,
			   const char *expected, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* Passes on what another parser said of a value. */
struct result build_result(struct build *b, const struct policy_node *value, struct result r,
			   const struct complaint *c);
struct result build_no_memory(struct build *b);
/* An error unless value is of that kind. */
struct result build_want(struct build *b, const struct policy_node *value, enum node_kind kind,
			 const char *expected);

#endif
