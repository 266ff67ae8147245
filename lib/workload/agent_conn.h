/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connection to the agent: a non-blocking socket and the call on it. It
 * moves bytes; what messages and statuses mean is for identity.c to say.
 * Lives inside struct identity. ctx: any (allocates); one thread at a time.
 */
#ifndef SVIDWRAP_WORKLOAD_AGENT_CONN_H
#define SVIDWRAP_WORKLOAD_AGENT_CONN_H

#include "workload/grpc_stream.h"
#include "workload/identity.h"

/* An agent that lets a stream wait this long for the first message is as good
 * as absent (Workload API 4.3: it sends that one without delay). */
#define AGENT_FIRST_MESSAGE_MS 5000

/* An agent with so much unread may have been held up by a full socket, and what it
 * has to say now may come after that. Linux: 208 KiB, of which small writes can use
 * half. */
#define AGENT_BACKLOG (64 << 10)

struct agent_conn {
	const struct identity_config *cfg; /* borrowed */
	void (*on_message)(void *ctx, const uint8_t *msg, size_t len);
	void *ctx;
	int fd;			/* -1: closed; then nothing below counts */
	bool connecting;	/* connect is under way */
	bool send_broken;	/* the agent takes no more, but may have spoken */
	struct grpc_stream *stream;
	uint64_t messages;	/* received on this stream */
	size_t taken;		/* bytes, by the latest pump */
	uint64_t taken_messages;
	int64_t opened_ms;	/* monotonic */
	int64_t since_ms;	/* the first message's deadline runs from here */
	uint64_t seen;		/* grpc_stream_progress at since_ms */
	uint8_t buf[GRPC_STREAM_CHUNK_MAX];
};

/* cfg and ctx are borrowed and outlive the connection. on_message: as for
 * grpc_stream_new; it must not close the connection. */
void agent_conn_init(struct agent_conn *c, const struct identity_config *cfg,
		     void (*on_message)(void *ctx, const uint8_t *msg, size_t len),
		     void *ctx);
/* Begins to connect. On failure it is closed.
 * errors: ERR_AGENT_UNAVAILABLE, ERR_IO (no socket to be had), ERR_NOMEM. */
struct result agent_conn_open(struct agent_conn *c, struct err *reterr);
/*
 * Sends and receives what can be without blocking, 1 MiB at most.
 * *ret_ended  true: the call is over and *ret_status is how
 * errors      ERR_AGENT_UNAVAILABLE, ERR_PARSE (a message that cannot be one),
 *             ERR_NOMEM; close it then
 */
struct result agent_conn_pump(struct agent_conn *c, bool *ret_ended,
			      struct grpc_status *ret_status, struct err *reterr);
/* Did the latest pump find messages that had queued up to AGENT_BACKLOG? A single
 * one may be as long. */
bool agent_conn_was_behind(const struct agent_conn *c);
/* What poll should wait for, and until when (monotonic; INT64_MAX: for ever). */
short agent_conn_events(const struct agent_conn *c);
int64_t agent_conn_deadline(const struct agent_conn *c);
/* Sends nothing. Closed already: does nothing. */
void agent_conn_close(struct agent_conn *c);

#endif
