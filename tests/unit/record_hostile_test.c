/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../support/tls_record.h"
#include "tls/alert.h"
#include "tls/key_schedule.h"

#define OK(call) assert_int_equal((call).cls, ERR_NONE)

static uint8_t plain[RECORD_PLAIN_MAX + 512], sealed[RECORD_MAX + 512],
	opened[RECORD_MAX + 512];

/* RFC 8446 5.2, 6.2: header, ciphertext and tag are all authenticated. */
static void a_changed_bit_anywhere_is_bad_record_mac(void **unused)
{
	for (size_t s = 0; s < 3; s++) {
		struct record_dir w, r;
		size_t len;

		tls_record_pair(tls_suites[s], &w, &r);
		OK(record_seal(&w, 0, CT_APPLICATION_DATA, plain, 40, sealed,
			       &len, NULL));
		for (size_t bit = 8; bit < len * 8; bit++) {
			enum content_type type;
			struct err err = { 0 };
			size_t got;

			if (bit / 8 == 3 || bit / 8 == 4)
				continue; /* the length: another record */
			sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
			assert_int_equal(tls_record_open(&r, 0, sealed, len, opened, &type, &got, &err).cls,
					 ERR_RECORD_MAC);
			assert_int_equal(err.tls_alert, ALERT_bad_record_mac);
			for (size_t i = 0; i < 40; i++)
				assert_int_equal(opened[i], 0); /* wiped */
			sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		tls_record_pair_clear(&w, &r);
	}
}

/* RFC 8446 5, 5.2, D.4 */
static void the_outer_header_is_checked(void **unused)
{
	static const struct {
		uint8_t rec[5];
		enum err_class cls;
		int alert;
	} rows[] = {
		{ { 23, 3, 3, 0, 17 }, ERR_NONE, -1 },
		{ { 23, 0, 0xff, 0x41, 0x00 }, ERR_NONE, -1 },
		{ { 23, 3, 3, 0x41, 0x01 }, ERR_RECORD_OVERFLOW, 22 },
		{ { 23, 3, 3, 0xff, 0xff }, ERR_RECORD_OVERFLOW, 22 },
		{ { 23, 3, 3, 0, 16 }, ERR_RECORD_UNEXPECTED, 20 },
		{ { 23, 3, 3, 0, 0 }, ERR_RECORD_UNEXPECTED, 20 },
		{ { 20, 3, 3, 0, 1 }, ERR_RECORD_UNEXPECTED, 10 },
		{ { 21, 3, 3, 0, 2 }, ERR_RECORD_UNEXPECTED, 10 },
		{ { 22, 3, 3, 0, 64 }, ERR_RECORD_UNEXPECTED, 10 },
		{ { 0, 3, 3, 0, 64 }, ERR_RECORD_UNEXPECTED, 10 },
		{ { 'G', 'E', 'T', ' ', '/' }, ERR_RECORD_UNEXPECTED, 10 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = { .tls_alert = -1 };
		size_t len = 7;

		assert_int_equal(record_length(rows[i].rec, &len, &err).cls,
				 rows[i].cls);
		assert_int_equal(err.tls_alert, rows[i].alert);
		assert_int_equal(len, rows[i].cls ? 7
						  : 5 + rows[i].rec[3] * 256 +
							    rows[i].rec[4]);
	}
}

/* RFC 8446 5.4 */
static void padding_of_any_length_is_stripped(void **unused)
{
	static uint8_t inner[RECORD_PLAIN_MAX + 1];
	static const size_t pads[] = { 0, 1, 2, 100, 16000 };
	struct record_dir w, r;

	tls_record_pair(TLS_CHACHA20_POLY1305_SHA256, &w, &r);
	for (size_t i = 0; i < 5; i++)
		for (size_t n = 0; n < 4; n++) {
			enum content_type type;
			size_t len, got;

			memset(inner, 0, sizeof inner);
			memcpy(inner, "abc", n);
			inner[n] = CT_APPLICATION_DATA;
			len = tls_record_seal_inner(&r, 9, inner, n + 1 + pads[i],
					 sealed);
			OK(tls_record_open(&r, 9, sealed, len, opened, &type, &got, NULL));
			assert_int_equal(got, n);
			assert_int_equal(type, CT_APPLICATION_DATA);
			assert_memory_equal(opened, "abc", n);
		}
	tls_record_pair_clear(&w, &r);
}

/* Content that ends in zeros keeps them. */
static void zeros_before_the_type_are_content(void **unused)
{
	struct record_dir w, r;
	enum content_type type;
	size_t len, got;

	tls_record_pair(TLS_AES_128_GCM_SHA256, &w, &r);
	len = tls_record_seal_inner(&r, 0, (const uint8_t *)"x\0\0\x17\0\0", 6, sealed);
	OK(tls_record_open(&r, 0, sealed, len, opened, &type, &got, NULL));
	assert_int_equal(got, 3);
	assert_memory_equal(opened, "x\0\0", 3);
	tls_record_pair_clear(&w, &r);
}

static void refused_inner(const uint8_t *inner, size_t n, enum err_class cls,
			  int alert)
{
	struct record_dir w, r;
	struct err err = { 0 };
	enum content_type type = 99;
	size_t len, got = 99;

	tls_record_pair(TLS_AES_128_GCM_SHA256, &w, &r);
	len = tls_record_seal_inner(&r, 0, inner, n, sealed);
	assert_int_equal(tls_record_open(&r, 0, sealed, len, opened, &type, &got, &err).cls,
			 cls);
	assert_int_equal(err.tls_alert, alert);
	assert_int_equal(type, 99);
	assert_int_equal(got, 99);
	tls_record_pair_clear(&w, &r);
}

/* RFC 8446 5, 5.1, 5.4 */
static void bad_inner_content_is_unexpected(void **unused)
{
	static uint8_t zeros[RECORD_PLAIN_MAX + 1];

	refused_inner(zeros, 1, ERR_RECORD_UNEXPECTED, 10);
	refused_inner(zeros, 2, ERR_RECORD_UNEXPECTED, 10);
	refused_inner(zeros, sizeof zeros, ERR_RECORD_UNEXPECTED, 10);
	refused_inner((const uint8_t *)"\x15", 1, ERR_RECORD_UNEXPECTED, 10);
	refused_inner((const uint8_t *)"\x16\0", 2, ERR_RECORD_UNEXPECTED, 10);
	for (int t = 1; t < 256; t++) {
		const uint8_t inner[] = { 1, (uint8_t)t };

		if (t < CT_ALERT || t > CT_APPLICATION_DATA)
			refused_inner(inner, 2, ERR_RECORD_UNEXPECTED, 10);
	}
}

/* RFC 8446 5.4: at most 2^14 + 1 bytes with type and padding */
static void more_than_a_full_inner_plaintext_overflows(void **unused)
{
	static uint8_t inner[RECORD_PLAIN_MAX + 2];

	inner[0] = CT_APPLICATION_DATA;
	refused_inner(inner, sizeof inner, ERR_RECORD_OVERFLOW, 22);
	memset(inner, CT_APPLICATION_DATA, sizeof inner);
	refused_inner(inner, sizeof inner, ERR_RECORD_OVERFLOW, 22);
}

static void lengths_that_disagree_are_refused(void **unused)
{
	struct record_dir w, r;
	enum content_type type;
	size_t len, got;

	tls_record_pair(TLS_AES_128_GCM_SHA256, &w, &r);
	OK(record_seal(&w, 0, CT_APPLICATION_DATA, plain, 40, sealed, &len,
		       NULL));
	for (size_t n = 0; n < len + 3; n++)
		if (n != len)
			assert_int_equal(record_open(&r, 0, sealed, n, opened,
						     &type, &got, NULL).cls,
					 ERR_RECORD_UNEXPECTED);
	tls_record_pair_clear(&w, &r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_changed_bit_anywhere_is_bad_record_mac),
		cmocka_unit_test(the_outer_header_is_checked),
		cmocka_unit_test(padding_of_any_length_is_stripped),
		cmocka_unit_test(zeros_before_the_type_are_content),
		cmocka_unit_test(bad_inner_content_is_unexpected),
		cmocka_unit_test(more_than_a_full_inner_plaintext_overflows),
		cmocka_unit_test(lengths_that_disagree_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
