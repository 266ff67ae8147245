/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Host names and the addresses they were seen to have in this process
 * (getaddrinfo, gethostbyname, the policy's own resolution). Only names that
 * the policy mentions are kept, so it is bounded. Not thread-safe.
 */
#ifndef SVIDWRAP_POLICY_NAME_TABLE_H
#define SVIDWRAP_POLICY_NAME_TABLE_H

#include <stdbool.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/err.h"

struct policy;
struct name_table;

#define NAME_TABLE_ADDRS_MAX 64 /* for each name; the oldest goes first */

/* Knows the names of p's connect rules. */
struct result name_table_new(const struct policy *p, struct name_table **ret,
			     struct err *reterr);
void name_table_free(struct name_table *t); /* takes NULL */
DEFINE_CLEANUP(name_table, name_table_free)

/* Is host (case-insensitive, one trailing dot ignored) a name of the policy? */
bool name_table_wants(const struct name_table *t, const char *host);
/* Notes that host had this address (port ignored). Unknown names are ignored.
 * ctx: noalloc. */
void name_table_add(struct name_table *t, const char *host,
		    const struct sockaddr *sa);
/* Did host ever have this address? ctx: signal. */
bool name_table_has(const struct name_table *t, const char *host,
		    const struct sockaddr *sa);
/* Has anything been noted for host? */
bool name_table_resolved(const struct name_table *t, const char *host);

#endif
