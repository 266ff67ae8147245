/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that are not carried on a managed socket: they fail, with an event, and
 * never pass plaintext. refusals.def is the one list. */
#ifndef SVIDWRAP_SHIM_REFUSE_H
#define SVIDWRAP_SHIM_REFUSE_H

#include <stdbool.h>

#include "conn.h"

enum refusal {
#define REFUSAL(id, call, error, reason) REFUSE_##id,
#include "refusals.def"
#undef REFUSAL
	REFUSALS
};

/* Emits the event (once for each connection and refusal, so that a program that
 * tries in a loop does not flood the log) and returns -errno. */
int refuse_call(struct conn *c, enum refusal r);
/* The same with a reason that the table cannot know. */
int refuse_because(struct conn *c, enum refusal r, const char *reason);
/* If fd is managed: refuses and returns -errno; else 0. */
int refuse_if_managed(int fd, enum refusal r);

/* 0, or -errno for a flag that is not carried. */
int refuse_recv_flags(struct conn *c, int flags);
int refuse_send_flags(struct conn *c, int flags);

#endif
