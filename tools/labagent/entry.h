/* SPDX-License-Identifier: Apache-2.0 */
/* Registration entries: who gets which SPIFFE ID, written as SPIRE writes it:
 * spiffe://corp.local/backend=unix:uid:0,unix:path:/usr/bin/redis-cli */
#ifndef SVIDWRAP_LABAGENT_ENTRY_H
#define SVIDWRAP_LABAGENT_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "attest.h"
#include "base/err.h"
#include "spiffe/spiffe_id.h"

#define SELECTORS_MAX 16

struct selector_kind;

struct selector {
	const struct selector_kind *kind;
	unsigned number;                 /* of uid, gid, user, group */
	char *path;                      /* of path; owned */
	unsigned char sha256[SHA256_LEN]; /* of sha256 */
};

struct entry {
	struct spiffe_id id;
	struct selector selectors[SELECTORS_MAX];
	size_t n_selectors; /* at least 1: all must hold */
};

/* "ID=SELECTOR[,SELECTOR...]". User and group names are looked up here, once.
 * errors: ERR_PARSE, ERR_NOMEM. Clear *ret with entry_clear. */
struct result entry_parse(const char *text, struct entry *ret,
			  struct err *reterr);
void entry_clear(struct entry *e);

bool entry_matches(const struct entry *e, const struct caller *c);

/* Matching needs the caller's executable hashed. */
bool entry_wants_sha256(const struct entry *e);

/* Logs a hint for each selector that cannot match as it stands (a path that is
 * a symbolic link: the kernel reports where it leads). */
void entry_warn(const struct entry *e);

/* A line each for --help. */
void selector_help(FILE *out);

#endif
