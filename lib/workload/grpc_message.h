/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Length-prefixed messages out of a byte stream (gRPC PROTOCOL-HTTP2,
 * "Length-Prefixed-Message"): a flag byte, four bytes of length, the message.
 * Memory grows with what has come, not with what was announced, and is wiped
 * when given back: these messages carry private keys.
 */
#ifndef SVIDWRAP_WORKLOAD_GRPC_MESSAGE_H
#define SVIDWRAP_WORKLOAD_GRPC_MESSAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define GRPC_PREFIX_LEN 5
#define GRPC_MESSAGE_LEN_MAX (4u << 20) /* bytes, without the prefix */

/* Zero-initialise. */
struct grpc_reader {
	uint8_t prefix[GRPC_PREFIX_LEN];
	size_t prefix_len;
	uint8_t *buf; /* owned */
	size_t cap, len, want;
};

/*
 * Takes in len bytes. each(ctx, msg, len) is called for every message that is
 * now complete, msg being borrowed for that call.
 * errors: ERR_PARSE (compressed, too long), ERR_NOMEM; the reader is then good
 * for nothing but grpc_reader_clear.
 */
struct result grpc_reader_feed(struct grpc_reader *r, const uint8_t *data,
			       size_t len,
			       void (*each)(void *ctx, const uint8_t *msg,
					    size_t len),
			       void *ctx, struct err *reterr);
/* Wipes and frees; the reader is as new. */
void grpc_reader_clear(struct grpc_reader *r);

#endif
