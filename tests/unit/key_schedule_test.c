/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/key_schedule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/hmac.h>

#include "../support/malloc_fail.h"
#include "../support/tls_hex.h"

/* RFC 8448 3: "derive write traffic keys for application data", and the
 * "derived" and "finished" steps of the same trace. */
static void labels_expand_as_in_rfc8448(void **unused)
{
	static const struct {
		const char *secret, *label, *want;
	} rows[] = {
		{ "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
		  "key", "17422dda596ed5d9acd890e3c63f5051" },
		{ "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5",
		  "iv", "5b78923dee08579033e523d9" },
		{ "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
		  "key", "9f02283b6c9c07efc26bb9f2ac92e356" },
		{ "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643",
		  "iv", "cf782b88dd83549aadf1e984" },
		{ "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38",
		  "finished",
		  "008d3b66f816ea559f96b537e885c31fc068bf492c652f01f288a1d8cdc19fc8" },
		{ "b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21",
		  "finished",
		  "b80ad01015fb2f0bd65ff7d4da5d6bf83f84821d1f87fdc7d3c75b5a7b42d9c4" },
	};
	const struct suite_info *s = suite_info_get(TLS_AES_128_GCM_SHA256);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		uint8_t secret[SECRET_MAX], want[SECRET_MAX], got[SECRET_MAX];
		size_t n = tls_hex(rows[i].want, want, sizeof want);

		tls_hex(rows[i].secret, secret, sizeof secret);
		assert_int_equal(hkdf_expand_label(s, secret, rows[i].label,
						   got, n, NULL).cls,
				 ERR_NONE);
		assert_memory_equal(got, want, n);
	}
}

/* RFC 5869 2.3 by hand: one block is HMAC(secret, info || 1). */
static void each_suite_uses_its_own_hash(void **unused)
{
	static const unsigned suites[] = { TLS_AES_128_GCM_SHA256,
					   TLS_AES_256_GCM_SHA384,
					   TLS_CHACHA20_POLY1305_SHA256 };
	uint8_t secret[SECRET_MAX], got[SECRET_MAX], want[64];

	for (size_t i = 0; i < sizeof secret; i++)
		secret[i] = (uint8_t)(i * 7);
	for (size_t i = 0; i < 3; i++) {
		const struct suite_info *s = suite_info_get(suites[i]);
		uint8_t info[] = "\0\0\x11tls13 traffic upd\0\1";
		unsigned n;

		info[1] = s->secret_len;
		HMAC(s->secret_len == 48 ? EVP_sha384() : EVP_sha256(), secret,
		     s->secret_len, info, sizeof info - 1, want, &n);
		assert_int_equal(n, s->secret_len);
		assert_int_equal(hkdf_expand_label(s, secret, "traffic upd",
						   got, n, NULL).cls,
				 ERR_NONE);
		assert_memory_equal(got, want, n);
	}
}

static void only_the_three_suites_are_known(void **unused)
{
	assert_null(suite_info_get(0));
	assert_null(suite_info_get(0x1304));
	assert_null(suite_info_get(0xc02f));
	assert_null(tls_suite_name(0x1305));
	assert_string_equal(tls_suite_name(0x1301), "TLS_AES_128_GCM_SHA256");
	assert_string_equal(tls_suite_name(0x1302), "TLS_AES_256_GCM_SHA384");
	assert_string_equal(tls_suite_name(0x1303),
			    "TLS_CHACHA20_POLY1305_SHA256");
}

static void lengths_out_of_range_are_refused(void **unused)
{
	const struct suite_info *s = suite_info_get(TLS_AES_128_GCM_SHA256);
	uint8_t secret[SECRET_MAX] = { 0 }, out[64] = { 0 };
	char label[300];

	memset(label, 'x', sizeof label);
	label[250] = '\0';
	assert_int_equal(hkdf_expand_label(s, secret, label, out, 16, NULL).cls,
			 ERR_TLS);
	label[249] = '\0';
	assert_int_equal(hkdf_expand_label(s, secret, label, out, 16, NULL).cls,
			 ERR_NONE);
	assert_int_equal(hkdf_expand_label(s, secret, "", out, 16, NULL).cls,
			 ERR_TLS);
	assert_int_equal(hkdf_expand_label(s, secret, "key", out, 0, NULL).cls,
			 ERR_TLS);
	assert_int_equal(hkdf_expand_label(s, secret, "key", out,
					   SECRET_MAX + 1, NULL).cls, ERR_TLS);
}

/* OpenSSL's first use allocates for good; so the sweep starts warm. */
static void no_memory_is_an_error_and_writes_nothing(void **unused)
{
	const struct suite_info *s = suite_info_get(TLS_AES_256_GCM_SHA384);
	uint8_t secret[SECRET_MAX] = { 0 }, out[16], zero[16] = { 0 };
	bool reached_the_end = false;

	assert_int_equal(hkdf_expand_label(s, secret, "key", out, 16, NULL).cls,
			 ERR_NONE);
	for (unsigned n = 0; n < 300 && !reached_the_end; n++) {
		struct result r;

		memset(out, 0, sizeof out);
		malloc_fail_at(n);
		r = hkdf_expand_label(s, secret, "key", out, 16, NULL);
		if (!malloc_fail_hit()) {
			assert_int_equal(r.cls, ERR_NONE);
			reached_the_end = true;
		} else if (failed(r)) {
			assert_memory_equal(out, zero, sizeof out);
		}
	}
	assert_true(reached_the_end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(labels_expand_as_in_rfc8448),
		cmocka_unit_test(each_suite_uses_its_own_hash),
		cmocka_unit_test(only_the_three_suites_are_known),
		cmocka_unit_test(lengths_out_of_range_are_refused),
		cmocka_unit_test(no_memory_is_an_error_and_writes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
