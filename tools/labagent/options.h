/* SPDX-License-Identifier: Apache-2.0 */
/* The command line. */
#ifndef SVIDWRAP_LABAGENT_OPTIONS_H
#define SVIDWRAP_LABAGENT_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"
#include "entry.h"
#include "fault.h"
#include "workload/endpoint.h"

/* --issue ID=DIR */
struct issue {
	struct spiffe_id id;
	const char *dir;
};

/* --federate TD=FILE */
struct federate {
	char trust_domain[TRUST_DOMAIN_MAX + 1];
	const char *path;
};

/* Strings are argv's. */
struct options {
	bool help;
	bool version;
	bool has_listen;
	struct endpoint listen; /* AF_UNIX */
	char trust_domain[TRUST_DOMAIN_MAX + 1];
	int64_t ttl_ms;
	struct entry *entries;
	size_t n_entries;
	struct issue *issues;
	size_t n_issues;
	struct federate *federations;
	size_t n_federations;
	struct fault_list faults;
	const char *bundle_out; /* NULL: none */
	const char *ca_dir;     /* NULL: the CA lives in memory */
	int ready_fd;           /* -1: none */
};

/* errors: ERR_PARSE, ERR_NOMEM; the text names the option and what to do.
 * Clear *ret with options_clear, also after a failure. */
struct result options_parse(int argc, char **argv, struct options *ret,
			    struct err *reterr);
void options_clear(struct options *o);

/* The options fit together; options_parse has asked. */
struct result options_check(const struct options *o, struct err *reterr);

void options_help(FILE *out);

#endif
