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

/* RFC 8446 5.3, and whoever writes the shared number */
static void a_sequence_number_seals_once(void **unused)
{
	struct record_dir w, r;
	size_t len;

	tls_record_pair(TLS_AES_256_GCM_SHA384, &w, &r);
	OK(record_seal(&w, 5, CT_APPLICATION_DATA, plain, 1, sealed, &len,
		       NULL));
	for (uint64_t seq = 0; seq <= 5; seq++)
		assert_int_equal(record_seal(&w, seq, CT_APPLICATION_DATA,
					     plain, 1, sealed, &len,
					     NULL).cls, ERR_TLS);
	OK(record_seal(&w, 6, CT_APPLICATION_DATA, plain, 1, sealed, &len,
		       NULL));
	OK(record_dir_ratchet(&w, NULL));
	OK(record_seal(&w, 0, CT_APPLICATION_DATA, plain, 1, sealed, &len,
		       NULL));
	tls_record_pair_clear(&w, &r);
}

/* RFC 8446 7.2: both ends ratchet alike, old keys are gone, and the new secret
 * is what the formula says. */
static void key_update_moves_both_ends_to_the_next_key(void **unused)
{
	for (size_t s = 0; s < 3; s++) {
		const struct suite_info *info = suite_info_get(tls_suites[s]);
		struct record_dir w, r;
		uint8_t next[SECRET_MAX];
		enum content_type type;
		size_t len, got;

		tls_record_pair(tls_suites[s], &w, &r);
		for (unsigned gen = 1; gen < 5; gen++) {
			OK(hkdf_expand_label(info, w.secret, "traffic upd",
					     next, info->secret_len, NULL));
			OK(record_dir_ratchet(&w, NULL));
			assert_int_equal(w.generation, gen);
			assert_memory_equal(w.secret, next, info->secret_len);
			OK(record_seal(&w, 0, CT_APPLICATION_DATA, plain, 9,
				       sealed, &len, NULL));
			assert_int_equal(tls_record_open(&r, 0, sealed, len, opened, &type, &got, NULL).cls,
					 ERR_RECORD_MAC);
			OK(record_dir_ratchet(&r, NULL));
			OK(tls_record_open(&r, 0, sealed, len, opened, &type, &got, NULL));
			assert_int_equal(got, 9);
		}
		tls_record_pair_clear(&w, &r);
	}
}

static void a_cleared_direction_does_nothing(void **unused)
{
	static const struct record_dir zero;
	struct record_dir w, r;
	enum content_type type;
	size_t len;

	tls_record_pair(TLS_AES_128_GCM_SHA256, &w, &r);
	/* each works one way only */
	assert_int_equal(record_seal(&r, 0, CT_APPLICATION_DATA, plain, 1,
				     sealed, &len, NULL).cls, ERR_TLS);
	assert_int_equal(record_open(&w, 0, sealed, 22, opened, &type, &len,
				     NULL).cls, ERR_TLS);
	tls_record_pair_clear(&w, &r);
	assert_memory_equal(&w, &zero, sizeof w);
	tls_record_pair_clear(&w, &r);
	assert_int_equal(record_seal(&w, 0, CT_APPLICATION_DATA, plain, 1,
				     sealed, &len, NULL).cls, ERR_TLS);
	assert_int_equal(record_open(&r, 0, sealed, 22, opened, &type, &len,
				     NULL).cls, ERR_TLS);
	assert_int_equal(record_dir_ratchet(&w, NULL).cls, ERR_KEY_LIMIT);
}

static void wrong_suites_and_secrets_are_refused(void **unused)
{
	static const struct record_dir zero;
	uint8_t secret[64] = { 0 };
	struct record_dir d;

	assert_int_equal(record_dir_init(&d, 0x1304, true, secret, 32,
					 NULL).cls, ERR_UNSUPPORTED);
	assert_memory_equal(&d, &zero, sizeof d);
	for (size_t n = 0; n < 64; n++)
		if (n != 32)
			assert_int_equal(record_dir_init(
						 &d, TLS_AES_128_GCM_SHA256,
						 true, secret, n, NULL).cls,
					 ERR_TLS);
	assert_memory_equal(&d, &zero, sizeof d);
}

static void a_wiped_direction_seals_nothing(void **unused)
{
	uint8_t secret[SECRET_MAX] = { 1 }, out[RECORD_OVERHEAD + 1];
	struct record_dir d;
	size_t len;

	assert_int_equal(record_dir_init(&d, TLS_CHACHA20_POLY1305_SHA256, true, secret, 32,
					 NULL).cls, ERR_NONE);
	record_dir_wipe(&d);
	record_dir_wipe(&d);
	assert_int_equal(record_seal(&d, 0, CT_APPLICATION_DATA, secret, 1, out, &len,
				     NULL).cls, ERR_TLS);
	assert_int_equal(record_dir_ratchet(&d, NULL).cls, ERR_KEY_LIMIT);
	record_dir_clear(&d);
}

static void no_memory_leaves_a_cleared_direction(void **unused)
{
	static const struct record_dir zero;
	uint8_t secret[SECRET_MAX] = { 0 };
	struct record_dir d;
	bool done = false;

	for (unsigned n = 0; n < 500 && !done; n++) {
		struct result r;

		malloc_fail_at(n);
		r = record_dir_init(&d, TLS_AES_256_GCM_SHA384, true, secret,
				    48, NULL);
		if (!failed(r))
			r = record_dir_ratchet(&d, NULL);
		done = !malloc_fail_hit();
		if (failed(r))
			assert_memory_equal(&d, &zero, sizeof d);
		else
			record_dir_clear(&d);
	}
	assert_true(done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sequence_number_seals_once),
		cmocka_unit_test(a_wiped_direction_seals_nothing),
		cmocka_unit_test(key_update_moves_both_ends_to_the_next_key),
		cmocka_unit_test(a_cleared_direction_does_nothing),
		cmocka_unit_test(wrong_suites_and_secrets_are_refused),
		cmocka_unit_test(no_memory_leaves_a_cleared_direction),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
