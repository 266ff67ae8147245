/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A gRPC server for one server-streaming method on a listening socket: HTTP/2
 * without TLS, no threads, never blocks. Knows nothing of SPIFFE.
 */
#ifndef SVIDWRAP_LABAGENT_GRPC_SERVER_H
#define SVIDWRAP_LABAGENT_GRPC_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

/* gRPC's status codes, as far as the agent uses them. */
enum grpc_status {
	GRPC_OK = 0,
	GRPC_INVALID_ARGUMENT = 3,
	GRPC_PERMISSION_DENIED = 7,
	GRPC_UNIMPLEMENTED = 12,
	GRPC_INTERNAL = 13,
	GRPC_UNAVAILABLE = 14,
};

struct grpc_server;
struct grpc_call; /* one request; valid from on_call to on_call_end */

/* The one method and who answers it. Any other is Unimplemented; a request
 * without the metadata is InvalidArgument. No function here may free the
 * server; all may send and finish. */
struct grpc_service {
	const char *path; /* "/Service/Method" */
	const char *metadata_name;
	const char *metadata_value;
	/* A connection: *ret_peer is handed to on_call and on_close. false:
	 * say nothing on it, ever. */
	bool (*on_accept)(void *ctx, int fd, void **ret_peer);
	void (*on_close)(void *ctx, void *peer);
	void (*on_call)(void *ctx, struct grpc_call *call, void *peer);
	/* Not called for requests that never reached on_call. */
	void (*on_call_end)(void *ctx, struct grpc_call *call);
	void *ctx;
};

/* listen_fd: non-blocking, borrowed. service is borrowed too. */
struct result grpc_server_new(int listen_fd, const struct grpc_service *service,
			      struct grpc_server **ret, struct err *reterr);
/* Closes all connections (on_call_end, on_close). Takes NULL. */
void grpc_server_free(struct grpc_server *srv);
DEFINE_CLEANUP(grpc_server, grpc_server_free)

/* Readable when grpc_server_step has something to do. Borrowed. */
int grpc_server_fd(const struct grpc_server *srv);
void grpc_server_step(struct grpc_server *srv);
/* Sends what was queued from outside the callbacks. */
void grpc_server_flush(struct grpc_server *srv);

/* Queues a message (copied). Each message is the full state: one that has not
 * begun to leave is replaced. errors: ERR_NOMEM. */
struct result grpc_call_send(struct grpc_call *call, const uint8_t *msg,
			     size_t len, struct err *reterr);
/* Ends the call after what is queued. text: printable ASCII without '%'. */
void grpc_call_finish(struct grpc_call *call, enum grpc_status status,
		      const char *text);
/* Closes the connection without a word, after what is queued. */
void grpc_call_drop(struct grpc_call *call);

/* The caller's own pointer; NULL at first. */
void grpc_call_set_user(struct grpc_call *call, void *user);
void *grpc_call_user(const struct grpc_call *call);

#endif
