/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/handover.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct handover_entry conn = {
	.kind = HANDOVER_CONN,
	.cookie = 0x1122334455667788,
	.arena = 3,
	.slot = 4095,
	.max_plaintext = RECORD_PLAIN_MAX,
	.server = true,
	.swallow = 1,
	.keys = { { .suite = 0x1301, .secret_len = 32, .secret = "read", .generation = 1, .floor = 9 },
		  { .suite = 0x1302, .secret_len = 48, .secret = "write", .floor = UINT64_MAX } },
	.rule = "in",
	.own_id = "spiffe://a/b",
	.own_serial = "01",
	.peer_id = "spiffe://a/c",
	.peer_serial = "",
};

static void what_is_put_is_what_comes_out(void **unused)
{
	uint8_t bytes[HANDOVER_ENTRY_MAX];
	const uint8_t *at = bytes;
	struct handover_entry e;
	size_t n = handover_put(&conn, bytes, sizeof bytes), left = n;

	assert_true(n > 0);
	assert_false(failed(handover_next(&at, &left, &e, NULL)));
	assert_int_equal(left, 0);
	assert_ptr_equal(at, bytes + n);
	assert_true(e.cookie == conn.cookie && e.slot == 4095 && e.arena == 3 && e.server);
	assert_true(e.swallow == 1 && e.max_plaintext == RECORD_PLAIN_MAX);
	for (int d = 0; d < 2; d++) {
		assert_int_equal(e.keys[d].suite, conn.keys[d].suite);
		assert_int_equal(e.keys[d].secret_len, conn.keys[d].secret_len);
		assert_memory_equal(e.keys[d].secret, conn.keys[d].secret, SECRET_MAX);
		assert_int_equal(e.keys[d].generation, conn.keys[d].generation);
		assert_true(e.keys[d].floor == conn.keys[d].floor);
	}
	assert_string_equal(e.rule, "in");
	assert_string_equal(e.own_id, "spiffe://a/b");
	assert_string_equal(e.peer_id, "spiffe://a/c");
	assert_string_equal(e.peer_serial, "");
}

/* In memory of exactly that size, for the sanitizer. */
static bool is_taken(const uint8_t *bytes, size_t n)
{
	uint8_t *copy = malloc(n ? n : 1);
	const uint8_t *at = copy;
	struct handover_entry e;
	struct result r;

	memcpy(copy, bytes, n);
	r = handover_next(&at, &n, &e, NULL);
	free(copy);
	return !failed(r);
}

static void every_cut_is_malformed(void **unused)
{
	uint8_t bytes[HANDOVER_ENTRY_MAX];
	size_t n = handover_put(&conn, bytes, sizeof bytes);

	assert_true(is_taken(bytes, n));
	for (uint16_t len = 0; len < n; len++) {
		uint8_t said[HANDOVER_ENTRY_MAX];

		assert_false(is_taken(bytes, len));
		memcpy(said, bytes, n);
		memcpy(said, &len, sizeof len);
		assert_false(is_taken(said, n));
	}
}

static void what_makes_no_sense_is_malformed(void **unused)
{
	struct handover_entry e = conn;
	uint8_t bytes[HANDOVER_ENTRY_MAX];

	e.keys[1].secret_len = SECRET_MAX + 1;
	assert_false(is_taken(bytes, handover_put(&e, bytes, sizeof bytes)));
	e = conn;
	e.max_plaintext = RECORD_PLAIN_MAX + 1;
	assert_false(is_taken(bytes, handover_put(&e, bytes, sizeof bytes)));
	e = conn;
	assert_true(is_taken(bytes, handover_put(&e, bytes, sizeof bytes)));
	bytes[2] = 9; /* no such kind */
	assert_false(is_taken(bytes, (size_t)(bytes[0] | bytes[1] << 8)));
}

static void what_does_not_fit_is_not_put(void **unused)
{
	static char longest[HANDOVER_ENTRY_MAX];
	struct handover_entry e = conn;
	uint8_t bytes[2 * HANDOVER_ENTRY_MAX];
	size_t n = handover_put(&conn, bytes, sizeof bytes);

	memset(longest, 'r', sizeof longest - 1);
	e.rule = longest;
	assert_int_equal(handover_put(&e, bytes, sizeof bytes), 0);
	assert_int_equal(handover_put(&conn, bytes, n - 1), 0);
	assert_int_equal(handover_put(&conn, bytes, n), n);
}

static void another_version_is_refused(void **unused)
{
	uint8_t header[HANDOVER_HEADER];
	const uint8_t *at = header;
	size_t left = sizeof header;
	uint32_t limit = 0;

	handover_put_header(77, header);
	assert_false(failed(handover_header(&at, &left, &limit, NULL)));
	assert_int_equal(limit, 77);
	assert_int_equal(left, 0);
	header[7]++;
	at = header, left = sizeof header;
	assert_int_equal(handover_header(&at, &left, &limit, NULL).cls, ERR_PARSE);
	left = sizeof header - 1;
	assert_int_equal(handover_header(&at, &left, &limit, NULL).cls, ERR_PARSE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_what_comes_out),
		cmocka_unit_test(every_cut_is_malformed),
		cmocka_unit_test(what_makes_no_sense_is_malformed),
		cmocka_unit_test(what_does_not_fit_is_not_put),
		cmocka_unit_test(another_version_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
