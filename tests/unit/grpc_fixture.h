/* SPDX-License-Identifier: Apache-2.0 */
/* A call between the client under test and a fake agent, all in memory. */
#ifndef SVIDWRAP_TESTS_GRPC_FIXTURE_H
#define SVIDWRAP_TESTS_GRPC_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include "../support/fake_h2.h"
#include "workload/grpc_message.h"
#include "workload/grpc_stream.h"

struct call {
	struct grpc_stream *s;
	struct fake_h2 *agent;
	unsigned messages;
	uint8_t *last; /* the latest message */
	size_t last_len;
	struct result r; /* of the latest grpc_stream_receive */
	struct err err;
};

static void keep(void *ctx, const uint8_t *msg, size_t len)
{
	struct call *c = ctx;

	c->messages++;
	assert_true(len <= GRPC_MESSAGE_LEN_MAX);
	if (len > 0)
		memcpy(c->last, msg, len);
	c->last_len = len;
}

static inline void to_agent(struct call *c)
{
	size_t n;
	const uint8_t *p = grpc_stream_pending(c->s, &n);

	if (n > 0)
		assert_true(fake_h2_feed(c->agent, p, n));
	grpc_stream_sent(c->s, n);
}

/* The agent's bytes reach the client in pieces of `chunk` bytes. */
static inline void from_agent(struct call *c, const uint8_t *data, size_t len, size_t chunk)
{
	for (size_t at = 0; at < len && !failed(c->r); at += chunk) {
		size_t part = len - at < chunk ? len - at : chunk;
		uint8_t *copy = malloc(part); /* so that ASan sees its end */

		assert_non_null(copy);
		memcpy(copy, data + at, part);
		c->r = grpc_stream_receive(c->s, copy, part, &c->err);
		free(copy);
		if (!failed(c->r))
			to_agent(c);
	}
}

static inline void carry_in(struct call *c, size_t chunk)
{
	size_t n;
	const uint8_t *p;

	to_agent(c);
	while (p = fake_h2_take(c->agent, &n), n > 0 && !failed(c->r)) {
		uint8_t *inbox = malloc(n);

		assert_non_null(inbox);
		memcpy(inbox, p, n);
		from_agent(c, inbox, n, chunk);
		free(inbox);
	}
}

static inline void carry(struct call *c)
{
	carry_in(c, GRPC_STREAM_CHUNK_MAX);
}

static inline int begin(void **state)
{
	struct call *c = calloc(1, sizeof *c);

	assert_non_null(c);
	c->last = malloc(GRPC_MESSAGE_LEN_MAX);
	assert_non_null(c->last);
	c->agent = fake_h2_new();
	assert_int_equal(grpc_stream_new("localhost", keep, c, &c->s, NULL).cls, ERR_NONE);
	carry(c);
	*state = c;
	return 0;
}

static inline int finish(void **state)
{
	struct call *c = *state;

	grpc_stream_free(c->s);
	fake_h2_free(c->agent);
	free(c->last);
	free(c);
	return 0;
}

static inline void assert_ended(struct call *c, enum grpc_code code, const char *message)
{
	struct grpc_status st;

	carry(c);
	assert_int_equal(c->r.cls, ERR_NONE);
	assert_true(grpc_stream_ended(c->s, &st));
	assert_string_equal(grpc_code_name(st.code), grpc_code_name(code));
	if (message)
		assert_string_equal(st.message, message);
}

#define ON_A_CALL(test) cmocka_unit_test_setup_teardown(test, begin, finish)

#endif
