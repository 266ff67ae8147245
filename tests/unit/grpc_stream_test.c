/* SPDX-License-Identifier: Apache-2.0 */
/* The request, the messages, hostile peers. Clauses are those of gRPC's PROTOCOL-HTTP2 unless another is
 * named. */
#include "grpc_fixture.h"

#include "../support/malloc_fail.h"

/* ---- the request ---- */

/* "Requests"; SPIFFE_Workload_Endpoint.md 3 */
static void request_is_what_grpc_and_spiffe_ask_for(void **state)
{
	struct call *c = *state;
	const char *req = fake_h2_request(c->agent);
	static const uint8_t empty[5];
	size_t n;

	assert_non_null(req);
	assert_string_equal(req, ":method: POST\n"
				 ":scheme: http\n"
				 ":path: /SpiffeWorkloadAPI/FetchX509SVID\n"
				 ":authority: localhost\n"
				 "te: trailers\n"
				 "content-type: application/grpc\n"
				 "user-agent: svidwrap\n"
				 "workload.spiffe.io: true\n");
	assert_memory_equal(fake_h2_request_body(c->agent, &n), empty, 5);
	assert_int_equal(n, 5);
	/* A whole message of the greatest size fits the window. */
	assert_true(fake_h2_client_window(c->agent) > GRPC_MESSAGE_LEN_MAX + 5);
}

/* "PING Frame" */
static void ping_is_answered(void **state)
{
	struct call *c = *state;

	fake_h2_ping(c->agent);
	carry(c);
	assert_int_equal(fake_h2_ping_answers(c->agent), 1);
}

/* ---- messages ---- */

static void message_arrives(void **state)
{
	struct call *c = *state;

	fake_h2_headers(c->agent, "200", "application/grpc");
	fake_h2_message(c->agent, "hello", 5);
	carry(c);
	assert_int_equal(c->messages, 1);
	assert_int_equal(c->last_len, 5);
	assert_memory_equal(c->last, "hello", 5);
	assert_int_equal(grpc_stream_progress(c->s), 10);
	fake_h2_message(c->agent, "", 0);
	carry(c);
	assert_int_equal(c->messages, 2);
	assert_int_equal(c->last_len, 0);
}

/* "Data Frames": their boundaries say nothing of messages. */
static void message_may_be_split_over_frames_anywhere(void **state)
{
	struct call *c = *state;
	static const uint8_t wire[] = { 0, 0, 0, 0, 3, 'a', 'b', 'c' };

	fake_h2_headers(c->agent, "200", "application/grpc+proto");
	for (size_t cut = 0; cut <= sizeof wire; cut++) {
		fake_h2_data(c->agent, wire, cut);
		fake_h2_data(c->agent, wire + cut, sizeof wire - cut);
		carry_in(c, 1 + cut);
		assert_int_equal(c->messages, cut + 1);
		assert_int_equal(c->last_len, 3);
		assert_memory_equal(c->last, "abc", 3);
	}
}

static void one_frame_may_hold_several_messages(void **state)
{
	struct call *c = *state;
	static const uint8_t wire[] = { 0, 0, 0, 0, 1, 'x', 0, 0, 0, 0, 0,
					0, 0, 0, 0, 2, 'y', 'z', 0, 0 };

	fake_h2_headers(c->agent, "200", "application/grpc");
	fake_h2_data(c->agent, wire, sizeof wire);
	carry(c);
	assert_int_equal(c->messages, 3);
	assert_memory_equal(c->last, "yz", 2);
}

static void greatest_message_arrives_and_a_greater_one_is_refused(void **state)
{
	struct call *c = *state;
	uint8_t *big = calloc(1, GRPC_MESSAGE_LEN_MAX);
	static const uint8_t too_big[] = { 0, 0, 0x40, 0, 1 };

	assert_non_null(big);
	big[GRPC_MESSAGE_LEN_MAX - 1] = 7;
	fake_h2_headers(c->agent, "200", "application/grpc");
	for (unsigned i = 1; i <= 3; i++) { /* the window is opened again */
		fake_h2_message(c->agent, big, GRPC_MESSAGE_LEN_MAX);
		carry(c);
		assert_int_equal(c->messages, i);
		assert_int_equal(c->last_len, GRPC_MESSAGE_LEN_MAX);
		assert_memory_equal(c->last, big, GRPC_MESSAGE_LEN_MAX);
	}
	free(big);
	fake_h2_data(c->agent, too_big, sizeof too_big);
	carry(c);
	assert_int_equal(c->r.cls, ERR_PARSE);
	assert_int_equal(c->err.cls, ERR_PARSE);
}

/* "Compressed-Flag" */
static void compressed_message_is_refused(void **state)
{
	struct call *c = *state;
	static const uint8_t wire[] = { 1, 0, 0, 0, 1, 'x' };

	fake_h2_headers(c->agent, "200", "application/grpc");
	fake_h2_data(c->agent, wire, sizeof wire);
	carry(c);
	assert_int_equal(c->r.cls, ERR_PARSE);
	assert_int_equal(c->messages, 0);
}

/* An announced length costs nothing until the bytes come. */
static void memory_follows_what_came(void **state)
{
	struct grpc_reader r = { 0 };
	struct call c = { 0 };
	static const uint8_t wire[] = { 0, 0, 0x40, 0, 0, 'x' };

	assert_int_equal(grpc_reader_feed(&r, wire, sizeof wire, keep, &c, NULL).cls, ERR_NONE);
	assert_true(r.cap <= 4096);
	grpc_reader_clear(&r);
}

/* ---- hostile or foreign peers ---- */

static void foreign_protocols_are_refused(void **state)
{
	static const char *const talk[] = {
		"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n",
		"+PONG\r\n+PONG\r\n+PONG\r\n+PONG\r\n",
	};

	for (size_t i = 0; i < sizeof talk / sizeof *talk; i++) {
		struct call *c;

		begin((void **)&c);
		/* A connection without the fake's own greeting. */
		grpc_stream_free(c->s);
		assert_int_equal(grpc_stream_new("localhost", keep, c, &c->s, NULL).cls, ERR_NONE);
		size_t n;
		grpc_stream_pending(c->s, &n);
		grpc_stream_sent(c->s, n);
		c->r = grpc_stream_receive(c->s, (const uint8_t *)talk[i], strlen(talk[i]),
					   &c->err);
		assert_int_equal(c->r.cls, ERR_AGENT_UNAVAILABLE);
		assert_true(c->err.text[0] != '\0');
		finish((void **)&c);
	}
}

/* Answers never pile up: nothing is taken in while one is unsent. */
static void nothing_is_received_while_answers_are_unsent(void **state)
{
	struct call *c = *state;
	uint8_t pings[GRPC_STREAM_CHUNK_MAX];
	static const uint8_t ping[17] = { 0, 0, 8, 6, 0, 0, 0, 0, 0, 1 };
	size_t n = 0, unsent;

	for (; n + sizeof ping <= sizeof pings; n += sizeof ping)
		memcpy(pings + n, ping, sizeof ping);
	assert_int_equal(grpc_stream_receive(c->s, pings, n, NULL).cls, ERR_NONE);
	grpc_stream_pending(c->s, &unsent);
	assert_int_equal(unsent, n);
	assert_true(failed(grpc_stream_receive(c->s, pings, n, NULL)));
	grpc_stream_pending(c->s, &unsent);
	assert_int_equal(unsent, n);
}

static void allocation_failures_are_reported(void **state)
{
	struct call *c = *state;
	unsigned n, refused = 0;

	for (n = 0; n < 400; n++) {
		struct grpc_stream *s = NULL;
		struct err err = { 0 };

		malloc_fail_at(n);
		struct result r = grpc_stream_new("localhost", keep, c, &s, &err);
		bool hit = malloc_fail_hit();

		assert_int_equal(r.cls, hit && failed(r) ? ERR_NOMEM : ERR_NONE);
		assert_true(failed(r) == (s == NULL));
		grpc_stream_free(s);
		refused += failed(r);
		if (!hit)
			break;
	}
	assert_true(n < 400 && refused > 5);
}

/* Of a whole short call, whichever allocation fails. */
static void allocation_failures_while_receiving_are_reported(void **unused)
{
	unsigned n;

	for (n = 0; n < 400; n++) {
		struct call *c;
		struct grpc_status st;
		const uint8_t *p;
		size_t len;

		begin((void **)&c);
		fake_h2_headers(c->agent, "200", "application/grpc");
		fake_h2_message(c->agent, "hello", 5);
		fake_h2_trailers(c->agent, "7", "no");
		p = fake_h2_take(c->agent, &len);
		malloc_fail_at(n);
		c->r = grpc_stream_receive(c->s, p, len, &c->err);
		bool hit = malloc_fail_hit();

		if (hit && failed(c->r))
			assert_int_equal(c->r.cls, ERR_NOMEM);
		else
			assert_true(grpc_stream_ended(c->s, &st) && st.code == GRPC_PERMISSION_DENIED);
		finish((void **)&c);
		if (!hit)
			break;
	}
	assert_true(n > 0 && n < 400);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_A_CALL(request_is_what_grpc_and_spiffe_ask_for),
		ON_A_CALL(ping_is_answered),
		ON_A_CALL(message_arrives),
		ON_A_CALL(message_may_be_split_over_frames_anywhere),
		ON_A_CALL(one_frame_may_hold_several_messages),
		ON_A_CALL(greatest_message_arrives_and_a_greater_one_is_refused),
		ON_A_CALL(compressed_message_is_refused),
		cmocka_unit_test(memory_follows_what_came),
		cmocka_unit_test(foreign_protocols_are_refused),
		ON_A_CALL(nothing_is_received_while_answers_are_unsent),
		ON_A_CALL(allocation_failures_are_reported),
		cmocka_unit_test(allocation_failures_while_receiving_are_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
