/* SPDX-License-Identifier: Apache-2.0 */
/* What grpc_server.c (sockets) and grpc_call.c (HTTP/2) share. */
#ifndef SVIDWRAP_LABAGENT_GRPC_INTERNAL_H
#define SVIDWRAP_LABAGENT_GRPC_INTERNAL_H

#include <nghttp2/nghttp2.h>

#include "grpc_server.h"

struct message {
	size_t len;
	size_t sent;
	uint8_t data[]; /* with gRPC's 5-byte prefix */
};

struct grpc_call {
	struct conn *conn;
	struct grpc_call *next;
	int32_t stream_id;
	/* of the request */
	bool is_grpc;
	bool is_post;
	bool known_path;
	bool has_metadata;
	/* of the answer */
	bool reached_service;
	bool started;  /* response headers are queued */
	bool finished; /* status and text are set */
	bool ended;    /* trailers are queued */
	enum grpc_status status;
	const char *text;
	struct message *current; /* some of it may have left */
	struct message *waiting; /* replaces nothing, is replaced */
	void *user;
};

struct conn {
	struct grpc_server *srv;
	struct conn *next;
	struct conn **link; /* what points at this one */
	int fd;
	bool silent; /* what comes in is thrown away, nothing goes out */
	bool drop; /* close when all is written */
	bool want_write; /* what epoll was last told */
	void *peer;
	nghttp2_session *session; /* NULL if silent from the start */
	struct grpc_call *calls;
	const uint8_t *out; /* the session's; not yet taken by the kernel */
	size_t out_len;
};

struct grpc_server {
	const struct grpc_service *service;
	int epoll_fd;
	int listen_fd;
	bool paused; /* out of descriptors: not accepting */
	struct conn *conns;
};

/* Starts the session and queues SETTINGS. false: no memory. */
bool conn_start_http2(struct conn *c);
/* Frees the calls, telling the service. */
void conn_end_calls(struct conn *c);
/* Every message has been handed to the session. */
bool conn_drained(const struct conn *c);

#endif
