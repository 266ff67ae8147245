/* SPDX-License-Identifier: Apache-2.0 */
/* The process's one identity, and OpenSSL's view of it, made once a snapshot. */
#ifndef SVIDWRAP_SHIM_IDENT_H
#define SVIDWRAP_SHIM_IDENT_H

#include <stdbool.h>

#include "base/err.h"
#include "tls/handshake.h"

/* At start: where the agent is. address may be NULL: then every use fails and
 * says that no agent was named. */
void ident_init(const char *address);

/*
 * A context for the next handshake, waiting up to timeout_ms for the identity (0:
 * what can be had now). New reference. errors: ERR_AGENT_*, ERR_NO_IDENTITY.
 * A change of effective uid drops the old SVID first.
 */
struct result ident_context(int timeout_ms, struct tls_context **ret, struct err *reterr);

/* Is that an error which time may mend? */
bool ident_may_come(const struct err *err);

void ident_fork_lock(void);
void ident_fork_unlock(void);
void ident_fork_child(void);

#endif
