/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/post_handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tls/alert.h"

#define TICKET 60 /* header 4, body 56 */

static void make_ticket(uint8_t *t, size_t body)
{
	memset(t, 0x5c, body + 4);
	t[0] = 4;
	t[1] = (uint8_t)(body >> 16);
	t[2] = (uint8_t)(body >> 8);
	t[3] = (uint8_t)body;
	memcpy(t + 4, "\0\1\2\3", 4);
}

static void expect(const char *data, size_t len, int alert)
{
	struct post_handshake state = { 0 };
	struct post_handshake_effect e = { .ticket_lifetime = 99 };
	struct err err = { 0 };
	struct result r = post_handshake_parse(&state, (const uint8_t *)data,
					       len, &e, &err);

	assert_int_equal(r.cls, ERR_RECORD_UNEXPECTED);
	assert_int_equal(err.tls_alert, alert);
	assert_int_equal(e.ticket_lifetime, 99);
	assert_false(post_handshake_in_message(&state));
}

/* RFC 8446 4.6.3 */
static void key_updates_are_told_apart(void **unused)
{
	for (int request = 0; request < 2; request++) {
		struct post_handshake state = { 0 };
		struct post_handshake_effect e;
		uint8_t msg[KEY_UPDATE_LEN];

		key_update_build(request, msg);
		assert_memory_equal(msg, "\x18\0\0\1", 4);
		assert_int_equal(post_handshake_parse(&state, msg, sizeof msg,
						      &e, NULL).cls, ERR_NONE);
		assert_true(e.key_update_received);
		assert_int_equal(e.key_update_requested, request);
		assert_false(e.ticket_received);
	}
}

/* RFC 8446 4.6.3, 5.1 */
static void malformed_key_updates_are_refused(void **unused)
{
	expect("\x18\0\0\1\2", 5, ALERT_illegal_parameter);
	expect("\x18\0\0\1\xff", 5, ALERT_illegal_parameter);
	expect("\x18\0\0\0", 4, ALERT_decode_error);
	expect("\x18\0\0\2\0\0", 6, ALERT_decode_error);
	expect("\x18\1\0\1\0", 5, ALERT_decode_error);
}

/* RFC 8446 5.1: what changes keys ends its record and starts in it. */
static void a_key_update_may_not_leave_its_record(void **unused)
{
	expect("\x18\0\0\1\0\x18\0\0\1\0", 10, ALERT_unexpected_message);
	expect("\x18\0\0\1\0\4", 6, ALERT_unexpected_message);
	for (size_t n = 1; n < 5; n++)
		expect("\x18\0\0\1\0", n, ALERT_unexpected_message);
	expect("", 0, ALERT_unexpected_message);
}

/* RFC 8446 4: the types there are; 4.6.2: we never offered post-handshake auth. */
static void other_messages_are_refused(void **unused)
{
	for (int type = 0; type < 256; type++) {
		char msg[5] = { (char)type, 0, 0, 1, 0 };

		if (type != 4 && type != 24)
			expect(msg, sizeof msg, ALERT_unexpected_message);
	}
}

/* RFC 8446 4.6.1 */
static void ticket_lengths_are_checked(void **unused)
{
	static uint8_t t[200000];
	struct post_handshake_effect e;

	for (size_t body = 0; body < 14; body++) {
		make_ticket(t, body);
		expect((char *)t, body + 4, ALERT_decode_error);
	}
	make_ticket(t, 131338);
	expect((char *)t, 131342, ALERT_decode_error);
	for (int i = 0; i < 2; i++) {
		struct post_handshake state = { 0 };
		size_t body = i ? 131337 : 14;

		make_ticket(t, body);
		assert_int_equal(post_handshake_parse(&state, t, body + 4, &e,
						      NULL).cls, ERR_NONE);
		assert_true(e.ticket_received);
		assert_int_equal(e.ticket_lifetime, 0x00010203);
	}
}

/* RFC 8446 5.1: handshake messages may be cut anywhere over records. */
static void a_ticket_may_be_cut_at_any_two_places(void **unused)
{
	uint8_t t[TICKET];

	make_ticket(t, TICKET - 4);
	for (size_t a = 1; a < TICKET - 1; a++)
		for (size_t b = a + 1; b < TICKET; b++) {
			struct post_handshake state = { 0 };
			struct post_handshake_effect e;

			assert_int_equal(post_handshake_parse(&state, t, a, &e,
							      NULL).cls, 0);
			assert_false(e.ticket_received);
			assert_true(post_handshake_in_message(&state));
			assert_int_equal(post_handshake_parse(&state, t + a,
							      b - a, &e,
							      NULL).cls, 0);
			assert_false(e.ticket_received);
			assert_int_equal(post_handshake_parse(&state, t + b,
							      TICKET - b, &e,
							      NULL).cls, 0);
			assert_true(e.ticket_received);
			assert_false(post_handshake_in_message(&state));
		}
}

static void tickets_and_a_last_key_update_share_a_record(void **unused)
{
	uint8_t rec[2 * TICKET + KEY_UPDATE_LEN];
	struct post_handshake state = { 0 };
	struct post_handshake_effect e;

	make_ticket(rec, TICKET - 4);
	make_ticket(rec + TICKET, TICKET - 4);
	key_update_build(true, rec + 2 * TICKET);
	assert_int_equal(post_handshake_parse(&state, rec, sizeof rec, &e,
					      NULL).cls, ERR_NONE);
	assert_true(e.ticket_received && e.key_update_received &&
		    e.key_update_requested);
	/* also when the first ticket began in an earlier record */
	assert_int_equal(post_handshake_parse(&state, rec, 10, &e, NULL).cls,
			 ERR_NONE);
	assert_int_equal(post_handshake_parse(&state, rec + 10,
					      sizeof rec - 10, &e, NULL).cls,
			 ERR_NONE);
	assert_true(e.key_update_received);
}

/* The state may lie in memory that other processes write. */
static void a_hostile_state_is_clamped(void **unused)
{
	uint8_t data[32] = { 0x18, 0, 0, 1, 0 };

	for (unsigned v = 0; v < 256; v++) {
		struct post_handshake state;
		struct post_handshake_effect e;
		struct result r;

		memset(&state, (int)v, sizeof state);
		r = post_handshake_parse(&state, data, sizeof data, &e, NULL);
		if (v > 0 && !failed(r))
			assert_true(state.skip <= 131337);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_updates_are_told_apart),
		cmocka_unit_test(malformed_key_updates_are_refused),
		cmocka_unit_test(a_key_update_may_not_leave_its_record),
		cmocka_unit_test(other_messages_are_refused),
		cmocka_unit_test(ticket_lengths_are_checked),
		cmocka_unit_test(a_ticket_may_be_cut_at_any_two_places),
		cmocka_unit_test(tickets_and_a_last_key_update_share_a_record),
		cmocka_unit_test(a_hostile_state_is_clamped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
