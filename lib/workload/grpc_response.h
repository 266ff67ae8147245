/* SPDX-License-Identifier: Apache-2.0 */
/* What a response's header fields say (gRPC PROTOCOL-HTTP2, "Responses"): fed
 * field by field, asked when the HTTP/2 stream is over. ctx: signal. */
#ifndef SVIDWRAP_WORKLOAD_GRPC_RESPONSE_H
#define SVIDWRAP_WORKLOAD_GRPC_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "workload/grpc_status.h"

/* Zero-initialise. */
struct grpc_response {
	int http_status; /* 0: not known yet */
	bool is_grpc;	 /* by its content-type */
	bool has_status; /* the latest header block had a grpc-status */
	bool trailers;	 /* that block ended the stream */
	struct grpc_status status;
};

/* A header block begins; it replaces the one before. */
void grpc_response_begin(struct grpc_response *r);
void grpc_response_field(struct grpc_response *r, const uint8_t *name,
			 size_t name_len, const uint8_t *value, size_t value_len);
/* The block's frame ended the stream. */
void grpc_response_trailers(struct grpc_response *r);
/* Do its DATA frames carry messages? Not those of an HTTP error page. */
bool grpc_response_has_messages(const struct grpc_response *r);
/* How the call ended, made up where the agent did not say. h2_error: of the
 * stream's end, 0 if it ended well. */
struct grpc_status grpc_response_end(const struct grpc_response *r,
				     uint32_t h2_error);

#endif
