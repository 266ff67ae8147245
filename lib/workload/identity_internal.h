/* SPDX-License-Identifier: Apache-2.0 */
/* What identity*.c share. identity.c has the stream's life, identity_snapshot.c
 * what the agent said, identity_wait.c the only place that sleeps. */
#ifndef SVIDWRAP_WORKLOAD_IDENTITY_INTERNAL_H
#define SVIDWRAP_WORKLOAD_IDENTITY_INTERNAL_H

#include <stdint.h>

#include "workload/agent_conn.h"
#include "workload/backoff.h"
#include "workload/identity.h"

/* After PermissionDenied on a new stream the old SVID may serve this long: an
 * agent that was just restarted may not know its entries yet. */
#define IDENTITY_GRACE_MS 30000

struct identity {
	struct identity_config cfg;
	struct agent_conn conn;
	struct svid_snapshot *snap;  /* NULL: none */
	struct svid_snapshot *fresh; /* this pump's latest good message */
	struct err bad;		     /* why a later one is bad; ERR_NONE: none is */
	struct backoff backoff;
	int64_t retry_ms;     /* monotonic; no attempt before */
	int64_t grace_ms;     /* monotonic; the snapshot goes then; 0: not denied */
	int64_t refreshed_ms; /* monotonic; the last bounded refresh */
	int64_t waited_ms;   /* monotonic; when somebody last waited; 0: never */
	bool refreshed;
	bool final;	 /* SPIFFE_Workload_Endpoint.md 6: no more attempts */
	bool restart;	 /* the stream's message was of no use */
	struct err why;	 /* the last failure; class ERR_NONE: none since */
};

static inline int64_t identity_now_ms(const struct identity *id)
{
	return id->cfg.sys->mono_ms();
}

/* Within identity_wait, or between two of them: callers wait in slices. */
static inline bool identity_waited_for(const struct identity *id)
{
	return id->waited_ms != 0 &&
	       identity_now_ms(id) - id->waited_ms < BACKOFF_BASE_MS;
}

/* agent_conn's on_message: ctx is the identity. */
void identity_take_message(void *ctx, const uint8_t *msg, size_t len);
/* Publishes what the messages of one pump came to: each is the full state
 * (SPIFFE_Workload_API.md 4.3), so of those that queued up the last counts. */
void identity_settle(struct identity *id);
/* Reports a message that is of no use. */
void identity_discard(struct identity *id, const struct err *why);
/* Drops the snapshot. */
void identity_lose(struct identity *id, const struct err *why);
/* Drops it if its time is over. */
void identity_expire(struct identity *id);

/* Sets retry_ms by the back-off. */
void identity_schedule(struct identity *id);
/* at_once: an agent that ended a healthy stream is asked again without delay
 * (SPIFFE_Workload_API.md 4.2). */
void identity_close_stream(struct identity *id, bool at_once);

#endif
