/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../support/malloc_fail.h"
#include "../support/tls_record.h"
#include "tls/alert.h"
#include "tls/key_schedule.h"

#define OK(call) assert_int_equal((call).cls, ERR_NONE)

static uint8_t plain[RECORD_PLAIN_MAX + 512], sealed[RECORD_MAX + 512],
	opened[RECORD_MAX + 512];

/* RFC 8446 5.2: sizes around each boundary, in each suite */
static void what_is_sealed_opens(void **unused)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 4095, 4096, 4097,
					16383, 16384 };

	for (size_t i = 0; i < sizeof plain; i++)
		plain[i] = (uint8_t)(i * 31 + i / 256);
	for (size_t s = 0; s < 3; s++) {
		struct record_dir w, r;

		tls_record_pair(tls_suites[s], &w, &r);
		for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
			size_t len = 0, got = 99, said = 0;
			uint8_t *out = malloc(sizes[i] + RECORD_OVERHEAD);
			enum content_type type;

			OK(record_seal(&w, i, CT_APPLICATION_DATA, plain,
				       sizes[i], out, &len, NULL));
			assert_int_equal(len, sizes[i] + RECORD_OVERHEAD);
			OK(record_length(out, &said, NULL));
			assert_int_equal(said, len);
			OK(tls_record_open(&r, i, out, len, opened, &type, &got, NULL));
			assert_int_equal(type, CT_APPLICATION_DATA);
			assert_int_equal(got, sizes[i]);
			assert_memory_equal(opened, plain, got);
			free(out);
		}
		tls_record_pair_clear(&w, &r);
	}
}

/* RFC 8446 5.3 */
static void a_record_opens_at_its_own_sequence_number_only(void **unused)
{
	static const uint64_t seqs[] = { 0, 1, 255, 256, 65536,
					 (1 << 24) - 1 };
	struct record_dir w, r;
	enum content_type type;
	size_t len, got;

	tls_record_pair(TLS_AES_128_GCM_SHA256, &w, &r);
	for (size_t i = 0; i < 6; i++) {
		OK(record_seal(&w, seqs[i], CT_APPLICATION_DATA, plain, 10,
			       sealed, &len, NULL));
		for (size_t k = 0; k < 6; k++)
			assert_int_equal(tls_record_open(&r, seqs[k], sealed, len, opened,
						    &type, &got, NULL).cls,
					 k == i ? ERR_NONE : ERR_RECORD_MAC);
	}
	assert_int_equal(tls_record_open(&r, UINT64_MAX, sealed, len, opened, &type, &got,
				    NULL).cls, ERR_KEY_LIMIT);
	tls_record_pair_clear(&w, &r);
}

/* RFC 8446 5.5 */
static void sealing_stops_past_the_key_limit(void **unused)
{
	for (size_t s = 0; s < 3; s++) {
		uint64_t limit = record_key_limit(tls_suites[s]);
		struct record_dir w, r;
		size_t len = 77;

		assert_true(limit > 0 && limit <= 1 << 24);
		tls_record_pair(tls_suites[s], &w, &r);
		/* room for a KeyUpdate and an alert at the limit */
		OK(record_seal(&w, limit, CT_HANDSHAKE, plain, 5, sealed, &len,
			       NULL));
		OK(record_seal(&w, limit + 1, CT_ALERT, plain, 2, sealed, &len,
			       NULL));
		len = 77;
		assert_int_equal(record_seal(&w, limit + 64,
					     CT_APPLICATION_DATA, plain, 1,
					     sealed, &len, NULL).cls,
				 ERR_KEY_LIMIT);
		assert_int_equal(record_seal(&w, UINT64_MAX,
					     CT_APPLICATION_DATA, plain, 1,
					     sealed, &len, NULL).cls,
				 ERR_KEY_LIMIT);
		assert_int_equal(len, 77);
		tls_record_pair_clear(&w, &r);
	}
	assert_int_equal(record_key_limit(0x1304), 0);
}

/* RFC 8446 5.1 */
static void content_longer_than_a_record_is_not_sealed(void **unused)
{
	struct record_dir w, r;
	size_t len = 77;

	tls_record_pair(TLS_AES_128_GCM_SHA256, &w, &r);
	assert_int_equal(record_seal(&w, 0, CT_APPLICATION_DATA, plain,
				     RECORD_PLAIN_MAX + 1, sealed, &len,
				     NULL).cls, ERR_RECORD_OVERFLOW);
	assert_int_equal(record_seal(&w, 0, CT_APPLICATION_DATA, plain,
				     SIZE_MAX, sealed, &len, NULL).cls,
			 ERR_RECORD_OVERFLOW);
	assert_int_equal(len, 77);
	tls_record_pair_clear(&w, &r);
}

/* The hot path: neither seal nor open allocates. */
static void sealing_and_opening_do_not_allocate(void **unused)
{
	for (size_t s = 0; s < 3; s++) {
		static uint8_t out[RECORD_MAX];
		struct record_dir w, r;
		enum content_type type;
		struct result a, b;
		size_t len, got;

		tls_record_pair(tls_suites[s], &w, &r);
		malloc_fail_at(0);
		a = record_seal(&w, 0, CT_APPLICATION_DATA, plain, 8000, out,
				&len, NULL);
		b = record_open(&r, 0, out, len, opened, &type, &got, NULL);
		assert_false(malloc_fail_hit());
		OK(a);
		OK(b);
		tls_record_pair_clear(&w, &r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens),
		cmocka_unit_test(a_record_opens_at_its_own_sequence_number_only),
		cmocka_unit_test(sealing_stops_past_the_key_limit),
		cmocka_unit_test(content_longer_than_a_record_is_not_sealed),
		cmocka_unit_test(sealing_and_opening_do_not_allocate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
