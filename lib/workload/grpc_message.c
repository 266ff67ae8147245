/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/grpc_message.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAP 4096

void grpc_reader_clear(struct grpc_reader *r)
{
	if (r->buf)
		explicit_bzero(r->buf, r->cap);
	free(r->buf);
	*r = (struct grpc_reader){ 0 };
}

/* Room for n more bytes. No realloc: it would leave a copy of a key behind. */
static struct result make_room(struct grpc_reader *r, size_t n, struct err *reterr)
{
	size_t cap = r->cap ? r->cap : FIRST_CAP;
	uint8_t *buf;

	if (r->buf && r->cap - r->len >= n)
		return RESULT_OK;
	while (cap < r->len + n)
		cap *= 2;
	buf = malloc(cap);
	if (!buf)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	if (r->buf) {
		memcpy(buf, r->buf, r->len);
		explicit_bzero(r->buf, r->cap);
		free(r->buf);
	}
	r->buf = buf;
	r->cap = cap;
	return RESULT_OK;
}

static struct result take_prefix(struct grpc_reader *r, struct err *reterr)
{
	const uint8_t *p = r->prefix;
	uint32_t len = (uint32_t)p[1] << 24 | (uint32_t)p[2] << 16 |
		       (uint32_t)p[3] << 8 | p[4];

	/* PROTOCOL-HTTP2, "Compressed-Flag": none was offered, so 0. */
	if (p[0] != 0)
		return FAIL(reterr, ERR_PARSE,
			    "the agent's message has flag %u: compression was not offered",
			    p[0]);
	if (len > GRPC_MESSAGE_LEN_MAX)
		return FAIL(reterr, ERR_PARSE,
			    "the agent announces a message of %u bytes; %u are the limit",
			    len, GRPC_MESSAGE_LEN_MAX);
	r->want = len;
	return RESULT_OK;
}

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

struct result grpc_reader_feed(struct grpc_reader *r, const uint8_t *data,
			       size_t len,
			       void (*each)(void *ctx, const uint8_t *msg,
					    size_t len),
			       void *ctx, struct err *reterr)
{
	while (len > 0) {
		size_t n;

		if (r->prefix_len < GRPC_PREFIX_LEN) {
			r->prefix[r->prefix_len++] = *data++;
			len--;
			if (r->prefix_len < GRPC_PREFIX_LEN)
				continue;
			struct result got = take_prefix(r, reterr);
			if (failed(got))
				return got;
		}
		n = min_size(len, r->want - r->len);
		struct result room = make_room(r, n, reterr);
		if (failed(room))
			return room;
		memcpy(r->buf + r->len, data, n);
		r->len += n;
		data += n;
		len -= n;
		if (r->len == r->want) {
			each(ctx, r->buf, r->len);
			grpc_reader_clear(r);
		}
	}
	return RESULT_OK;
}
