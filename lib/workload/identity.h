/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The process's identity as the agent currently states it: holds the
 * FetchX509SVID stream open (Workload API 4.2), takes in updates, backs off
 * with jitter, and keeps the current snapshot. There is no thread: whoever is
 * about to need the identity pumps.
 *
 * Not thread-safe: the caller serialises (the shim has one lock for it), save
 * identity_current's result, which is an independent reference.
 */
#ifndef SVIDWRAP_WORKLOAD_IDENTITY_H
#define SVIDWRAP_WORKLOAD_IDENTITY_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "spiffe/svid_snapshot.h"
#include "workload/endpoint.h"

struct identity;

enum identity_change {
	IDENTITY_RECEIVED,	/* the first snapshot, or the first after a loss */
	IDENTITY_ROTATED,	/* a new snapshot in place of another */
	IDENTITY_LOST,		/* the snapshot was dropped */
	IDENTITY_DISCARDED,	/* a bad message was ignored; old one kept */
};

struct identity_config {
	const struct sys *sys;		/* borrowed, outlives the identity */
	struct endpoint endpoint;
	/* Called from within identity_pump, identity_wait and (LOST alone)
	 * identity_current. snap is borrowed and NULL for LOST and DISCARDED; why
	 * is set for these two. May be NULL. It may call identity_current, nothing
	 * else of these. */
	void (*on_change)(void *ctx, enum identity_change change,
			  const struct svid_snapshot *snap,
			  const struct err *why);
	/* A descriptor was opened or is about to be closed: the shim keeps its
	 * own out of the program's way. Returns the descriptor to use from now
	 * on (it may have moved it), or -1 to give up: then fd itself is still
	 * open and the identity closes it. May be NULL. */
	int (*on_open)(void *ctx, int fd);
	void (*on_close)(void *ctx, int fd);
	void *ctx;
};

struct result identity_new(const struct identity_config *cfg,
			   struct identity **ret, struct err *reterr);
/* Closes the stream. Takes NULL. */
void identity_free(struct identity *id);
DEFINE_CLEANUP(identity, identity_free)

/*
 * After fork, in the child: forgets the parent's stream (closes the copy of the
 * descriptor, sends nothing) so that the next pump opens one of its own, since
 * the agent attests the process that opened it. The snapshot is kept unless
 * drop_snapshot (privilege or executable changed; on_change is not called).
 */
void identity_after_fork(struct identity *id, bool drop_snapshot);

/*
 * Does what can be done without blocking: connects, sends, reads what has come,
 * applies it. Never blocks longer than a non-blocking connect to a Unix socket.
 * Respects back-off. Takes in 1 MiB at most. Returns the state of things: success when a usable
 * snapshot is held, else why not (ERR_AGENT_UNAVAILABLE, ERR_AGENT_DENIED,
 * ERR_AGENT_FINAL, ERR_NO_IDENTITY while waiting for the first answer or after
 * the SVID was lost; ERR_NOMEM, ERR_IO).
 */
struct result identity_pump(struct identity *id, struct err *reterr);

/* A new stream's first message is the agent's present state; this long it is
 * waited for although there is a snapshot. */
#define IDENTITY_CONFIRM_MS 1000

/*
 * Is a snapshot held that a stream which has ended brought, while the one in its
 * place has brought nothing yet? (One that found much unread is ended too: the
 * agent may have been held up.) Then an authority may have been revoked in
 * between: nobody is to be judged by the snapshot. False once IDENTITY_CONFIRM_MS
 * have gone, so that an agent which hangs does not take the identity away, and
 * where no agent answers at all.
 */
bool identity_unconfirmed(const struct identity *id);

/*
 * Pumps until a usable snapshot is held, the error is final, or timeout_ms have
 * gone (ERR_TIMEOUT, text says what it waited for). Waits in sys->poll.
 * An absent agent and PermissionDenied are retried within the time, after 2 s at
 * the latest: entries take seconds to reach an agent. Calls that follow each
 * other within a second are one wait in slices. While identity_unconfirmed, it
 * waits for what the agent says now. A snapshot past its half-life is refreshed
 * for at most 1 s, then used as it is: only while the stream is down, since one
 * that stands has brought all there is, and once in 30 s, so that an absent agent
 * does not slow every connection.
 */
struct result identity_wait(struct identity *id, int timeout_ms,
			    struct err *reterr);

/* New reference to the current snapshot, unref it; NULL if there is none that
 * is usable now, so fail closed. */
struct svid_snapshot *identity_current(struct identity *id);

/* The stream's descriptor for callers that poll; -1 if closed. */
int identity_fd(const struct identity *id);

#endif
