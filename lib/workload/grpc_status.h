/* SPDX-License-Identifier: Apache-2.0 */
/* How a gRPC call ended (gRPC PROTOCOL-HTTP2, "Responses" and "Errors").
 * ctx: signal. */
#ifndef SVIDWRAP_WORKLOAD_GRPC_STATUS_H
#define SVIDWRAP_WORKLOAD_GRPC_STATUS_H

#include <stddef.h>
#include <stdint.h>

/* number, name */
#define GRPC_CODES(X) \
	X(0, OK, "OK") \
	X(1, CANCELLED, "Cancelled") \
	X(2, UNKNOWN, "Unknown") \
	X(3, INVALID_ARGUMENT, "InvalidArgument") \
	X(4, DEADLINE_EXCEEDED, "DeadlineExceeded") \
	X(5, NOT_FOUND, "NotFound") \
	X(6, ALREADY_EXISTS, "AlreadyExists") \
	X(7, PERMISSION_DENIED, "PermissionDenied") \
	X(8, RESOURCE_EXHAUSTED, "ResourceExhausted") \
	X(9, FAILED_PRECONDITION, "FailedPrecondition") \
	X(10, ABORTED, "Aborted") \
	X(11, OUT_OF_RANGE, "OutOfRange") \
	X(12, UNIMPLEMENTED, "Unimplemented") \
	X(13, INTERNAL, "Internal") \
	X(14, UNAVAILABLE, "Unavailable") \
	X(15, DATA_LOSS, "DataLoss") \
	X(16, UNAUTHENTICATED, "Unauthenticated")

enum grpc_code {
#define X(n, code, name) GRPC_##code = n,
	GRPC_CODES(X)
#undef X
};

#define GRPC_MESSAGE_MAX 256

struct grpc_status {
	enum grpc_code code;
	char message[GRPC_MESSAGE_MAX]; /* one line, cut to fit; "" if none */
};

const char *grpc_code_name(enum grpc_code code); /* never NULL */
/* A grpc-status value; what is no known code is GRPC_UNKNOWN. */
enum grpc_code grpc_code_parse(const uint8_t *s, size_t len);
/* Of an HTTP response without a grpc-status, and of an RST_STREAM. */
enum grpc_code grpc_code_from_http(int http_status);
enum grpc_code grpc_code_from_h2_error(uint32_t error_code);
/* Undoes the percent-encoding of a grpc-message; broken escapes stay as they
 * are, control characters become spaces. */
void grpc_message_decode(const uint8_t *s, size_t len,
			 char ret[GRPC_MESSAGE_MAX]);

#endif
