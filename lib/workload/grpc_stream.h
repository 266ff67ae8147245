/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One server-streaming gRPC call over one HTTP/2 connection: the client's side
 * of SpiffeWorkloadAPI/FetchX509SVID. It does no I/O: bytes go in with
 * grpc_stream_receive and come out with grpc_stream_pending. What it holds is
 * bounded whatever the agent sends. ctx: any (allocates); one thread at a time.
 */
#ifndef SVIDWRAP_WORKLOAD_GRPC_STREAM_H
#define SVIDWRAP_WORKLOAD_GRPC_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "workload/grpc_status.h"

struct grpc_stream;

/* The most that one grpc_stream_receive takes; more is refused. */
#define GRPC_STREAM_CHUNK_MAX 16384

/*
 * Starts the call: the request waits in grpc_stream_pending at once.
 * authority   the :authority to send; borrowed for the call
 * on_message  called from within grpc_stream_receive; msg is borrowed for the
 *             call and holds secrets. It must not free the stream.
 * errors      ERR_NOMEM
 */
struct result grpc_stream_new(const char *authority,
			      void (*on_message)(void *ctx, const uint8_t *msg,
						 size_t len),
			      void *ctx, struct grpc_stream **ret,
			      struct err *reterr);
/* Takes NULL. Sends nothing. */
void grpc_stream_free(struct grpc_stream *s);
DEFINE_CLEANUP(grpc_stream, grpc_stream_free)

/* What is to be sent; borrowed until the next call. *ret_len may be 0. */
const uint8_t *grpc_stream_pending(const struct grpc_stream *s, size_t *ret_len);
/* The first n of the pending bytes have been sent. */
void grpc_stream_sent(struct grpc_stream *s, size_t n);

/*
 * Takes in what the agent sent. Call it only while nothing is pending: so an
 * agent that asks and never reads cannot make answers pile up.
 * errors: ERR_PARSE (a gRPC message that cannot be one), ERR_NOMEM,
 * ERR_AGENT_UNAVAILABLE (it does not speak HTTP/2); after one of them only
 * grpc_stream_free is allowed.
 */
struct result grpc_stream_receive(struct grpc_stream *s, const uint8_t *data,
				  size_t len, struct err *reterr);

/* Has the call ended? Then *ret is how. */
bool grpc_stream_ended(const struct grpc_stream *s, struct grpc_status *ret);
/* Bytes of messages so far, prefixes included: is the agent getting on? */
uint64_t grpc_stream_progress(const struct grpc_stream *s);

#endif
