/* SPDX-License-Identifier: Apache-2.0 */
#include "spiffe/spiffe_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static struct spiffe_id parsed(const char *uri)
{
	struct spiffe_id id = { 0 };
	struct err err = { 0 };

	if (failed(spiffe_id_parse(uri, strlen(uri), &id, &err)))
		fail_msg("%s: %s", uri, err.text);
	return id;
}

static void good_ids_are_split_into_trust_domain_and_path(void **unused)
{
	static const struct {
		const char *uri, *td, *path;
	} rows[] = {
		/* SPIFFE-ID.md 2, 2.1, 2.2 */
		{ "spiffe://corp.local/backend", "corp.local", "/backend" },
		{ "spiffe://corp.local", "corp.local", "" },
		{ "spiffe://a/b/c/d", "a", "/b/c/d" },
		{ "spiffe://under_score-dash.0/A.b_C-9", "under_score-dash.0", "/A.b_C-9" },
		{ "spiffe://10.0.0.1/x", "10.0.0.1", "/x" },
		{ "spiffe://td/...", "td", "/..." },
		{ "spiffe://td/.x/..y", "td", "/.x/..y" },
		{ "spiffe://../x", "..", "/x" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct spiffe_id id = parsed(rows[i].uri);
		char td[TRUST_DOMAIN_MAX + 1];

		spiffe_id_trust_domain(&id, td);
		assert_string_equal(td, rows[i].td);
		assert_string_equal(spiffe_id_path(&id), rows[i].path);
		assert_string_equal(id.uri, rows[i].uri);
		assert_int_equal(id.len, strlen(rows[i].uri));
		assert_true(spiffe_id_in_trust_domain(&id, rows[i].td));
	}
}

static void bad_ids_are_refused_at_the_byte_that_is_wrong(void **unused)
{
	static const struct {
		const char *uri, *text;
	} rows[] = {
		/* SPIFFE-ID.md 2: scheme, trust domain, no query, no fragment */
		{ "", "byte 0: a SPIFFE ID starts with" },
		{ "spiffe:/", "byte 0: a SPIFFE ID starts with" },
		{ "https://corp.local/x", "byte 0: a SPIFFE ID starts with" },
		{ "corp.local/x", "byte 0: a SPIFFE ID starts with" },
		{ "spiffe://", "byte 9: the trust domain is empty" },
		{ "spiffe:///x", "byte 9: the trust domain is empty" },
		{ "spiffe://td?q", "byte 11: a query in the trust domain" },
		{ "spiffe://td/x?q=1", "byte 13: a query in the path" },
		{ "spiffe://td#f", "byte 11: a fragment in the trust domain" },
		{ "spiffe://td/x#f", "byte 13: a fragment in the path" },
		/* 2.1: no userinfo, no port, no percent-encoding, charset */
		{ "spiffe://me@td/x", "byte 11: userinfo in the trust domain" },
		{ "spiffe://td:80/x", "byte 11: a port in the trust domain" },
		{ "spiffe://t%64/x", "byte 10: percent-encoding in the trust domain" },
		{ "spiffe://t d/x", "byte 10: a character other than" },
		{ "spiffe://[::1]/x", "byte 9: a character other than" },
		{ "spiffe://t\xc3\xa4/x", "byte 10: a character other than" },
		{ "spiffe://t*/x", "byte 10: a character other than" },
		/* 2.2: segments, trailing slash, percent-encoding, charset */
		{ "spiffe://td/", "byte 12: an empty path segment or a trailing slash" },
		{ "spiffe://td/x/", "byte 14: an empty path segment or a trailing slash" },
		{ "spiffe://td//x", "byte 12: an empty path segment" },
		{ "spiffe://td/x//y", "byte 14: an empty path segment" },
		{ "spiffe://td/.", "byte 12: a relative path segment" },
		{ "spiffe://td/./x", "byte 12: a relative path segment" },
		{ "spiffe://td/x/..", "byte 14: a relative path segment" },
		{ "spiffe://td/../x", "byte 12: a relative path segment" },
		{ "spiffe://td/%41", "byte 12: percent-encoding in the path" },
		{ "spiffe://td/a:b", "byte 13: the character ':' in the path" },
		{ "spiffe://td/a b", "byte 13: a character other than" },
		{ "spiffe://td/a\xff", "byte 13: a character other than" },
		{ "spiffe://td/a\n", "byte 13: a character other than" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct spiffe_id id = { .len = 7 };
		struct err err = { 0 };
		struct result r = spiffe_id_parse(rows[i].uri, strlen(rows[i].uri), &id, &err);

		if (r.cls != ERR_PARSE || !strstr(err.text, rows[i].text))
			fail_msg("%s: class %d, %s", rows[i].uri, r.cls, err.text);
		assert_int_equal(id.len, 7); /* untouched */
		assert_false(failed(spiffe_id_parse("spiffe://td", 11, &id, NULL)));
		assert_true(failed(spiffe_id_parse(rows[i].uri, strlen(rows[i].uri), &id, NULL)));
	}
}

static void a_nul_byte_inside_is_no_end(void **unused)
{
	static const char in_path[] = "spiffe://td/x\0y", in_td[] = "spiffe://td\0.evil/x";
	struct spiffe_id id;

	assert_int_equal(spiffe_id_parse(in_path, sizeof in_path - 1, &id, NULL).cls, ERR_PARSE);
	assert_int_equal(spiffe_id_parse(in_td, sizeof in_td - 1, &id, NULL).cls, ERR_PARSE);
}

/* SPIFFE-ID.md 2.3 */
static void ids_of_2048_bytes_are_read_and_2049_are_not(void **unused)
{
	char uri[SPIFFE_ID_MAX + 2];
	struct spiffe_id id;

	memset(uri, 'a', sizeof uri);
	memcpy(uri, "spiffe://td/", 12);
	assert_false(failed(spiffe_id_parse(uri, SPIFFE_ID_MAX, &id, NULL)));
	assert_int_equal(id.len, SPIFFE_ID_MAX);
	assert_int_equal(strlen(id.uri), SPIFFE_ID_MAX);
	assert_int_equal(spiffe_id_parse(uri, SPIFFE_ID_MAX + 1, &id, NULL).cls, ERR_PARSE);
}

/* SPIFFE-ID.md 2.3 */
static void trust_domains_of_255_bytes_are_read_and_256_are_not(void **unused)
{
	char uri[9 + 256 + 2], td[TRUST_DOMAIN_MAX + 1];
	struct spiffe_id id;

	memset(uri, 'a', sizeof uri);
	memcpy(uri, "spiffe://", 9);
	memcpy(uri + 9 + 255, "/x", 2);
	assert_false(failed(spiffe_id_parse(uri, 9 + 257, &id, NULL)));
	assert_int_equal(id.td_len, 255);
	spiffe_id_trust_domain(&id, td);
	assert_int_equal(strlen(td), 255);
	assert_false(failed(trust_domain_parse(uri + 9, 255, td, NULL)));
	memcpy(uri + 9 + 255, "a/x", 3);
	assert_int_equal(spiffe_id_parse(uri, 9 + 258, &id, NULL).cls, ERR_PARSE);
	assert_int_equal(trust_domain_parse(uri + 9, 256, td, NULL).cls, ERR_PARSE);
}

/* SPIFFE-ID.md 2.4, and 2.1: what is kept is lower case. */
static void scheme_and_trust_domain_ignore_case_the_path_does_not(void **unused)
{
	struct spiffe_id a = parsed("spiffe://corp.local/Backend");
	struct spiffe_id b = parsed("SPIFFE://Corp.LOCAL/Backend");
	struct spiffe_id c = parsed("spiffe://corp.local/backend");

	assert_string_equal(b.uri, a.uri);
	assert_true(spiffe_id_equal(&a, &b));
	assert_false(spiffe_id_equal(&a, &c));
	assert_true(spiffe_id_same_trust_domain(&b, &c));
}

static void a_trust_domain_is_not_its_prefix(void **unused)
{
	struct spiffe_id a = parsed("spiffe://corp/x"), b = parsed("spiffe://corp.local/x");
	struct spiffe_id c = parsed("spiffe://corp/xy");

	assert_false(spiffe_id_same_trust_domain(&a, &b));
	assert_false(spiffe_id_in_trust_domain(&a, "corp.local"));
	assert_false(spiffe_id_in_trust_domain(&b, "corp"));
	assert_false(spiffe_id_equal(&a, &c));
	assert_false(spiffe_id_equal(&a, &b));
}

static void bare_trust_domains_follow_the_same_rules(void **unused)
{
	static const char *const bad[] = { "", "a/b", "a:1", "u@a", "a%", "spiffe://a", "a b" };
	char td[TRUST_DOMAIN_MAX + 1] = "untouched";
	struct err err = { 0 };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(trust_domain_parse(bad[i], strlen(bad[i]), td, &err).cls,
				 ERR_PARSE);
	assert_string_equal(td, "untouched");
	assert_false(failed(trust_domain_parse("Corp.Local", 10, td, &err)));
	assert_string_equal(td, "corp.local");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_ids_are_split_into_trust_domain_and_path),
		cmocka_unit_test(bad_ids_are_refused_at_the_byte_that_is_wrong),
		cmocka_unit_test(a_nul_byte_inside_is_no_end),
		cmocka_unit_test(ids_of_2048_bytes_are_read_and_2049_are_not),
		cmocka_unit_test(trust_domains_of_255_bytes_are_read_and_256_are_not),
		cmocka_unit_test(scheme_and_trust_domain_ignore_case_the_path_does_not),
		cmocka_unit_test(a_trust_domain_is_not_its_prefix),
		cmocka_unit_test(bare_trust_domains_follow_the_same_rules),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
