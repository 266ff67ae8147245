/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ssl.h>

/* RFC 8446 6.1, 6.2: two alerts are not fatal, whatever level they carry. */
static void every_alert_but_two_is_fatal(void **unused)
{
	for (int level = 0; level < 256; level++)
		for (int number = 0; number < 256; number++) {
			const uint8_t c[] = { (uint8_t)level, (uint8_t)number };
			enum alert_kind want =
				number == 0  ? ALERT_KIND_CLOSE :
				number == 90 ? ALERT_KIND_IGNORED :
					       ALERT_KIND_FATAL;
			struct alert_received a;

			assert_true(tls_alert_parse(c, 2, &a));
			assert_int_equal(a.kind, want);
			assert_int_equal(a.number, number);
		}
}

/* RFC 8446 5.1: neither fragments nor two alerts in one record */
static void other_lengths_are_no_alert(void **unused)
{
	const uint8_t c[4] = { 2, 40, 2, 40 };
	struct alert_received a = { .number = 77 };

	for (size_t n = 0; n <= 4; n++)
		if (n != 2)
			assert_false(tls_alert_parse(c, n, &a));
	assert_int_equal(a.number, 77);
}

static void what_we_send_has_the_right_level(void **unused)
{
	uint8_t c[ALERT_LEN];

	tls_alert_build(ALERT_close_notify, c);
	assert_memory_equal(c, "\1\0", 2);
	tls_alert_build(ALERT_user_canceled, c);
	assert_memory_equal(c, "\1\x5a", 2);
	tls_alert_build(ALERT_access_denied, c);
	assert_memory_equal(c, "\2\x31", 2);
}

static void names_are_the_rfcs(void **unused)
{
	assert_string_equal(tls_alert_name(49), "access_denied");
	assert_string_equal(tls_alert_name(ALERT_close_notify), "close_notify");
	assert_string_equal(tls_alert_name(-1), "unknown alert");
	assert_string_equal(tls_alert_name(255), "unknown alert");
	/* the same numbers as OpenSSL's */
	assert_int_equal(ALERT_certificate_required,
			 SSL_AD_CERTIFICATE_REQUIRED);
	assert_int_equal(ALERT_access_denied, SSL_AD_ACCESS_DENIED);
	assert_int_equal(ALERT_no_application_protocol,
			 SSL_AD_NO_APPLICATION_PROTOCOL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_alert_but_two_is_fatal),
		cmocka_unit_test(other_lengths_are_no_alert),
		cmocka_unit_test(what_we_send_has_the_right_level),
		cmocka_unit_test(names_are_the_rfcs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
