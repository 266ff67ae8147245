/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/peer_pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../support/malloc_fail.h"

static bool matches(const char *pattern, const char *id)
{
	struct arena a = { 0 };
	struct complaint c = { 0 };
	struct peer_pattern p;
	struct spiffe_id parsed;
	bool yes;

	assert_int_equal(peer_pattern_parse(pattern, strlen(pattern), &a, &p, &c).cls, ERR_NONE);
	assert_int_equal(spiffe_id_parse(id, strlen(id), &parsed, NULL).cls, ERR_NONE);
	yes = peer_pattern_matches(&p, &parsed);
	arena_clear(&a);
	return yes;
}

struct row {
	const char *pattern, *id;
	bool want;
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (matches(rows[i].pattern, rows[i].id) != rows[i].want)
			fail_msg("%s %s %s", rows[i].pattern, rows[i].want ? "misses" : "takes", rows[i].id);
}
#define CHECK(...) \
	do { \
		static const struct row rows[] = { __VA_ARGS__ }; \
		check(rows, sizeof rows / sizeof *rows); \
	} while (0)

/* SPIFFE-ID.md 2.4: trust domains compare case-insensitively, paths do not. */
static void an_id_matches_itself_alone(void **unused)
{
	CHECK({ "spiffe://corp.local/a", "spiffe://corp.local/a", true },
	      { "spiffe://corp.local/a", "spiffe://corp.local/b", false },
	      { "spiffe://corp.local/a", "spiffe://corp.local/a/b", false },
	      { "spiffe://corp.local/a/b", "spiffe://corp.local/a", false },
	      { "spiffe://corp.local/ab", "spiffe://corp.local/a", false },
	      { "spiffe://corp.local/a", "spiffe://corp.local/ab", false },
	      { "spiffe://corp.local/a", "spiffe://corp.local/A", false },
	      { "spiffe://corp.local/a", "spiffe://corp.local", false },
	      { "SPIFFE://corp.local/a", "spiffe://corp.local/a", true });
}

static void the_trust_domain_is_whole(void **unused)
{
	CHECK({ "spiffe://corp.local/a", "spiffe://corp.locale/a", false },
	      { "spiffe://corp.local/a", "spiffe://xcorp.local/a", false },
	      { "spiffe://corp.locale/a", "spiffe://corp.local/a", false },
	      { "spiffe://corp.local/**", "spiffe://evil.corp.local/a", false },
	      { "spiffe://corp.local/**", "spiffe://evil/corp.local/a", false });
}

static void a_star_is_one_whole_segment(void **unused)
{
	CHECK({ "spiffe://corp.local/*", "spiffe://corp.local/a", true },
	      { "spiffe://corp.local/*", "spiffe://corp.local/a/b", false },
	      { "spiffe://corp.local/*", "spiffe://corp.local", false },
	      { "spiffe://corp.local/batch/*", "spiffe://corp.local/batch/1", true },
	      { "spiffe://corp.local/batch/*", "spiffe://corp.local/batch", false },
	      { "spiffe://corp.local/batch/*", "spiffe://corp.local/batches/1", false },
	      { "spiffe://corp.local/*/db", "spiffe://corp.local/eu/db", true },
	      { "spiffe://corp.local/*/db", "spiffe://corp.local/eu/west/db", false },
	      { "spiffe://corp.local/*/db", "spiffe://corp.local/eu/dbx", false },
	      { "spiffe://corp.local/*/*", "spiffe://corp.local/a/b", true },
	      { "spiffe://corp.local/*/*", "spiffe://corp.local/a", false });
}

static void two_stars_are_one_or_more_segments(void **unused)
{
	CHECK({ "spiffe://corp.local/**", "spiffe://corp.local/a", true },
	      { "spiffe://corp.local/**", "spiffe://corp.local/a/b/c", true },
	      { "spiffe://corp.local/**", "spiffe://corp.local", false },
	      { "spiffe://corp.local/a/**", "spiffe://corp.local/a/b", true },
	      { "spiffe://corp.local/a/**", "spiffe://corp.local/a/b/c", true },
	      { "spiffe://corp.local/a/**", "spiffe://corp.local/a", false },
	      { "spiffe://corp.local/a/**", "spiffe://corp.local/ab/c", false },
	      { "spiffe://corp.local/*/**", "spiffe://corp.local/a/b", true },
	      { "spiffe://corp.local/*/**", "spiffe://corp.local/a", false });
}

static struct result parse(const char *text, size_t len, struct complaint *c)
{
	struct arena a = { 0 };
	struct peer_pattern p;
	struct result r = peer_pattern_parse(text, len, &a, &p, c);

	arena_clear(&a);
	return r;
}

/* SPIFFE-ID.md 2.3: 2048 bytes must do. */
static void the_longest_id_is_taken_and_no_longer_one(void **unused)
{
	char text[SPIFFE_ID_MAX + 1];
	struct complaint c = { 0 };

	memset(text, 'p', sizeof text);
	memcpy(text, "spiffe://corp.local/", 20);
	assert_int_equal(parse(text, SPIFFE_ID_MAX, &c).cls, ERR_NONE);
	assert_int_equal(parse(text, SPIFFE_ID_MAX + 1, &c).cls, ERR_PARSE);
	assert_string_equal(c.text, "a SPIFFE ID of 2049 bytes");
}

/* SPIFFE-ID.md 2 to 2.2, whatever wildcards stand beside. */
static void what_is_no_spiffe_id_is_no_pattern(void **unused)
{
	static const char *const bad[] = {
		"", "spiffe:", "spiffe://", "spiffe://corp.local", "spiffe://corp.local/", "http://corp.local/a",
		"spiffe://corp.local/a?b", "spiffe://corp.local/a#b", "spiffe://u@corp.local/a",
		"spiffe://corp.local:80/a", "spiffe://corp_local!/a", "spiffe://corp.local/*/", "spiffe://corp.local/./*",
		"spiffe://corp.local/../*", "spiffe://corp.local//**", "spiffe://corp.local/%2a", "spiffe://*/**",
		"spiffe://**", "spiffe://corp.*/a", "spiffe://corp.local/**/**", "spiffe://corp.local/a**",
		"spiffe://corp.local/*a", "spiffe://corp.local/a b",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct complaint c = { 0 };

		if (!failed(parse(bad[i], strlen(bad[i]), &c)))
			fail_msg("%s was taken", bad[i]);
		assert_true(c.text[0] != '\0');
		assert_true(c.at <= strlen(bad[i]));
	}
	assert_int_equal(parse("spiffe://corp.local/a\0b", 23, &(struct complaint){ 0 }).cls, ERR_PARSE);
}

static void a_failed_allocation_is_reported(void **unused)
{
	static const char text[] = "spiffe://corp.local/a";
	struct complaint c = { 0 };
	unsigned n = 0;

	for (;; n++) {
		struct arena a = { 0 };
		struct peer_pattern p;
		struct result r;

		malloc_fail_at(n);
		r = peer_pattern_parse(text, sizeof text - 1, &a, &p, &c);
		arena_clear(&a);
		if (!malloc_fail_hit())
			break;
		assert_int_equal(r.cls, ERR_NOMEM);
	}
	assert_true(n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_matches_itself_alone),
		cmocka_unit_test(the_trust_domain_is_whole),
		cmocka_unit_test(a_star_is_one_whole_segment),
		cmocka_unit_test(two_stars_are_one_or_more_segments),
		cmocka_unit_test(the_longest_id_is_taken_and_no_longer_one),
		cmocka_unit_test(what_is_no_spiffe_id_is_no_pattern),
		cmocka_unit_test(a_failed_allocation_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
