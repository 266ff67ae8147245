/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy file: which sockets speak mutual TLS, and with whom. Immutable and
 * counted once loaded. First match wins.
 */
#ifndef SVIDWRAP_POLICY_POLICY_H
#define SVIDWRAP_POLICY_POLICY_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "policy/name_table.h"
#include "spiffe/spiffe_id.h"

struct policy;
struct rule;

enum rule_mode { MODE_ENFORCE, MODE_BYPASS, MODE_DENY };

/* An error with its place, as a compiler prints it. */
struct policy_diag {
	char text[2048]; /* "file:line:col: error: ...\n  the line\n  ^\n
			  * expected: ...", without a trailing newline */
};

/*
 * Opens the file once; refuses one that somebody other than root and euid could
 * write or replace (owner, group/other write bits, every parent directory; a
 * sticky directory is fine), parses and checks it. Names are not resolved here.
 * errors: ERR_IO, ERR_FILE_TRUST, ERR_PARSE (diag filled), ERR_NOMEM.
 * diag may be NULL. *ret: one reference, on success only.
 */
struct result policy_load(const struct sys *sys, const char *path,
			  struct policy **ret, struct policy_diag *diag,
			  struct err *reterr);
/* The same for text in memory; name is what messages call it. */
struct result policy_parse(const char *name, const char *text, size_t len,
			   struct policy **ret, struct policy_diag *diag,
			   struct err *reterr);

struct policy *policy_ref(struct policy *p);   /* ctx: signal */
struct policy *policy_unref(struct policy *p); /* takes NULL, returns NULL */
DEFINE_CLEANUP(policy, policy_unref)

/* The `workload_api` value, or NULL. Borrowed. */
const char *policy_workload_api(const struct policy *p);
/* The file's (or text's) name as given. Borrowed. */
const char *policy_name(const struct policy *p);
size_t policy_rule_count(const struct policy *p);
const struct rule *policy_rule(const struct policy *p, size_t i);
/* What happens where no rule matches: MODE_DENY or MODE_BYPASS. */
enum rule_mode policy_default(const struct policy *p);

/* Calls each(ctx, host, rule) for every host name that a connect rule names.
 * Stops and returns the first non-zero. */
int policy_each_name(const struct policy *p,
		     int (*each)(void *ctx, const char *host,
				 const struct rule *r),
		     void *ctx);

/* What the policy says of one connection. rule is NULL where the default
 * speaks, or where a named rule claims the port and nothing else matched
 * (then mode is MODE_DENY and claimed_by is that rule; a bypass rule claims
 * nothing). Neither IPv4 nor IPv6: MODE_BYPASS. Borrowed from p. */
struct verdict {
	enum rule_mode mode;
	const struct rule *rule;
	const struct rule *claimed_by;
};

/* local: address of the *accepted* socket, AF_INET or AF_INET6 (::ffff: is
 * taken for IPv4). ctx: noalloc. */
struct verdict policy_match_accept(const struct policy *p,
				   const struct sockaddr *local);
/* remote: where the program connects to. names: what names resolved to in this
 * process; may be NULL. ctx: noalloc; the caller holds names' lock. */
struct verdict policy_match_connect(const struct policy *p,
				    const struct sockaddr *remote,
				    const struct name_table *names);
/* Whether any accept rule other than bypass could match a socket accepted from
 * a listener bound to local (which may be a wildcard address), or the default
 * denies. ctx: noalloc. */
bool policy_may_manage_listener(const struct policy *p,
				const struct sockaddr *local);

/* Parts of a rule; borrowed from the policy. */
const char *rule_name(const struct rule *r);
enum rule_mode rule_mode(const struct rule *r);
bool rule_is_accept(const struct rule *r); /* else it is of connect */
const char *rule_mode_name(enum rule_mode mode); /* "enforce" */
/* SNI to send: the host a connect rule names, or NULL. */
const char *rule_host(const struct rule *r);
/* Bound for identity and handshake, milliseconds (`timeout`, default 10 s). */
int rule_timeout_ms(const struct rule *r);
/* Is this peer in the rule's `peers`? ctx: noalloc. */
bool rule_accepts_peer(const struct rule *r, const struct spiffe_id *peer);

/* For messages of others about a rule, in the form of a parse error: the place
 * is the rule's address. ctx: signal. */
void rule_diag(const struct policy *p, const struct rule *r,
	       const char *message, struct policy_diag *ret);
/* The line of its name, from 1 on. */
unsigned rule_line(const struct policy *p, const struct rule *r);

/* One line each about what is legal but unwise (default: bypass, ...); returns
 * the number written to out (may be NULL to count). */
size_t policy_warnings(const struct policy *p, FILE *out);

#endif
