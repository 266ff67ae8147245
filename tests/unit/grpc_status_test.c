/* SPDX-License-Identifier: Apache-2.0 */
/* How a call ends. Clauses are those of gRPC's PROTOCOL-HTTP2 unless another is
 * named. */
#include "grpc_fixture.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
