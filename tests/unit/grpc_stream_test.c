/* SPDX-License-Identifier: Apache-2.0 */
/* Clauses are those of gRPC's PROTOCOL-HTTP2 unless another is named. */
#include "workload/grpc_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <nghttp2/nghttp2.h>

#include "../support/fake_h2.h"
#include "../support/malloc_fail.h"
#include "workload/grpc_message.h"

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

static void to_agent(struct call *c)
{
	size_t n;
	const uint8_t *p = grpc_stream_pending(c->s, &n);

	if (n > 0)
		assert_true(fake_h2_feed(c->agent, p, n));
	grpc_stream_sent(c->s, n);
}

/* The agent's bytes reach the client in pieces of `chunk` bytes. */
static void from_agent(struct call *c, const uint8_t *data, size_t len, size_t chunk)
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

static void carry_in(struct call *c, size_t chunk)
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

static void carry(struct call *c)
{
	carry_in(c, GRPC_STREAM_CHUNK_MAX);
}

static int begin(void **state)
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

static int finish(void **state)
{
	struct call *c = *state;

	grpc_stream_free(c->s);
	fake_h2_free(c->agent);
	free(c->last);
	free(c);
	return 0;
}

static void assert_ended(struct call *c, enum grpc_code code, const char *message)
{
	struct grpc_status st;

	carry(c);
	assert_int_equal(c->r.cls, ERR_NONE);
	assert_true(grpc_stream_ended(c->s, &st));
	assert_string_equal(grpc_code_name(st.code), grpc_code_name(code));
	if (message)
		assert_string_equal(st.message, message);
}

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

/* ---- the end ---- */

/* "Trailers" */
static void status_comes_from_the_trailers(void **state)
{
	struct call *c = *state;
	struct grpc_status st;

	fake_h2_headers(c->agent, "200", "application/grpc");
	fake_h2_message(c->agent, "m", 1);
	carry(c);
	assert_false(grpc_stream_ended(c->s, &st));
	fake_h2_trailers(c->agent, "7", "no identity issued");
	assert_ended(c, GRPC_PERMISSION_DENIED, "no identity issued");
	assert_int_equal(c->messages, 1);
}

/* "Trailers-Only" */
static void status_may_come_without_messages(void **state)
{
	struct call *c = *state;

	fake_h2_trailers(c->agent, "14", NULL);
	assert_ended(c, GRPC_UNAVAILABLE, "");
}

/* "Percent-Encoded": broken escapes are no error. */
static void status_message_is_decoded_to_one_line(void **state)
{
	struct call *c = *state;

	fake_h2_trailers(c->agent, "2", "a%20b%0Ac%zz%4");
	assert_ended(c, GRPC_UNKNOWN, "a b c%zz%4");
}

static void long_status_message_is_cut(void **state)
{
	struct call *c = *state;
	char text[2000];
	struct grpc_status st;

	memset(text, 'x', sizeof text);
	text[sizeof text - 1] = '\0';
	fake_h2_trailers(c->agent, "2", text);
	assert_ended(c, GRPC_UNKNOWN, NULL);
	assert_true(grpc_stream_ended(c->s, &st));
	assert_int_equal(strlen(st.message), GRPC_MESSAGE_MAX - 1);
}

/* "Responses": what is missing is made up. */
static void missing_status_is_unknown(void **state)
{
	struct call *c = *state;

	fake_h2_headers(c->agent, "200", "application/grpc");
	fake_h2_end_data(c->agent);
	assert_ended(c, GRPC_UNKNOWN, NULL);
}

static void strange_status_is_unknown(void **state)
{
	struct call *c = *state;

	fake_h2_trailers(c->agent, "99", "?");
	assert_ended(c, GRPC_UNKNOWN, "?");
	assert_int_equal(grpc_code_parse((const uint8_t *)"", 0), GRPC_UNKNOWN);
	assert_int_equal(grpc_code_parse((const uint8_t *)"-1", 2), GRPC_UNKNOWN);
	assert_int_equal(grpc_code_parse((const uint8_t *)"12", 2), GRPC_UNIMPLEMENTED);
	assert_int_equal(grpc_code_parse((const uint8_t *)"007", 3), GRPC_UNKNOWN);
}

/* http-grpc-status-mapping; the page's body is no message. */
static void http_error_is_mapped(void **state)
{
	struct call *c = *state;

	fake_h2_headers(c->agent, "503", "application/grpc");
	fake_h2_data(c->agent, "\0\0\0\0\1x", 6);
	fake_h2_end_data(c->agent);
	assert_ended(c, GRPC_UNAVAILABLE, "HTTP status 503 and no gRPC status");
	assert_int_equal(c->messages, 0);
	assert_int_equal(grpc_code_from_http(404), GRPC_UNIMPLEMENTED);
	assert_int_equal(grpc_code_from_http(403), GRPC_PERMISSION_DENIED);
	assert_int_equal(grpc_code_from_http(418), GRPC_UNKNOWN);
}

/* http-grpc-status-mapping: a grpc-status counts whatever HTTP says. */
static void grpc_status_wins_over_http_status(void **state)
{
	struct call *c = *state;

	fake_h2_headers(c->agent, "503", "application/grpc");
	fake_h2_trailers(c->agent, "12", NULL);
	assert_ended(c, GRPC_UNIMPLEMENTED, "");
}

static void other_content_type_is_no_grpc(void **state)
{
	struct call *c = *state;

	fake_h2_headers(c->agent, "200", "application/grpcx");
	fake_h2_message(c->agent, "m", 1);
	fake_h2_end_data(c->agent);
	assert_ended(c, GRPC_UNKNOWN, "the response is not gRPC");
	assert_int_equal(c->messages, 0);
}

/* "Errors" */
static void reset_is_mapped(void **state)
{
	struct call *c = *state;

	fake_h2_headers(c->agent, "200", "application/grpc");
	fake_h2_reset(c->agent, NGHTTP2_ENHANCE_YOUR_CALM);
	assert_ended(c, GRPC_RESOURCE_EXHAUSTED, NULL);
	assert_int_equal(grpc_code_from_h2_error(NGHTTP2_REFUSED_STREAM), GRPC_UNAVAILABLE);
	assert_int_equal(grpc_code_from_h2_error(NGHTTP2_PROTOCOL_ERROR), GRPC_INTERNAL);
}

/* "GOAWAY Frame" */
static void goaway_that_excludes_the_call_ends_it(void **state)
{
	struct call *c = *state;

	fake_h2_goaway(c->agent, 0, NGHTTP2_NO_ERROR);
	assert_ended(c, GRPC_UNAVAILABLE, NULL);
}

static void goaway_that_includes_the_call_lets_it_go_on(void **state)
{
	struct call *c = *state;
	struct grpc_status st;

	fake_h2_headers(c->agent, "200", "application/grpc");
	fake_h2_goaway(c->agent, 1, NGHTTP2_NO_ERROR);
	carry(c);
	assert_false(grpc_stream_ended(c->s, &st));
	fake_h2_message(c->agent, "m", 1);
	carry(c);
	assert_int_equal(c->messages, 1);
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

#define ON_A_CALL(test) cmocka_unit_test_setup_teardown(test, begin, finish)

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
		ON_A_CALL(status_comes_from_the_trailers),
		ON_A_CALL(status_may_come_without_messages),
		ON_A_CALL(status_message_is_decoded_to_one_line),
		ON_A_CALL(long_status_message_is_cut),
		ON_A_CALL(missing_status_is_unknown),
		ON_A_CALL(strange_status_is_unknown),
		ON_A_CALL(http_error_is_mapped),
		ON_A_CALL(grpc_status_wins_over_http_status),
		ON_A_CALL(other_content_type_is_no_grpc),
		ON_A_CALL(reset_is_mapped),
		ON_A_CALL(goaway_that_excludes_the_call_ends_it),
		ON_A_CALL(goaway_that_includes_the_call_lets_it_go_on),
		cmocka_unit_test(foreign_protocols_are_refused),
		ON_A_CALL(nothing_is_received_while_answers_are_unsent),
		ON_A_CALL(allocation_failures_are_reported),
		cmocka_unit_test(allocation_failures_while_receiving_are_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
