/* SPDX-License-Identifier: Apache-2.0 */
/* Errors in a policy's text, shown as a compiler shows them. */
#ifndef SVIDWRAP_POLICY_POLICY_DIAG_H
#define SVIDWRAP_POLICY_POLICY_DIAG_H

#include <stdarg.h>
#include <stddef.h>

#include "policy/policy.h"

/* A policy's text. Borrowed. */
struct source {
	const char *name; /* what messages call it */
	const char *text;
	size_t len;
};

/* What is wrong with a value: written by those who know the value and not
 * where it stands. */
struct complaint {
	size_t at;          /* byte in the value */
	char text[320];     /* what is wrong */
	char expected[192]; /* what was expected; "" if the text says it all */
};

/* Fills *c and is the result to return (ERR_PARSE). printf-like from fmt on. */
struct result complain(struct complaint *c, size_t at, const char *expected,
		       const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* 1-based line, and column in characters, of a byte; beyond the end is the end. */
void source_place(const struct source *src, size_t at, unsigned *ret_line,
		  unsigned *ret_column);

/*
 * "name:line:col: error: what\n  the line\n  ^\n  expected: ..." without a
 * trailing newline; what cannot be shown becomes '?'. expected may be NULL.
 */
void source_diag(const struct source *src, size_t at, const char *what,
		 const char *expected, struct policy_diag *ret);

#endif
