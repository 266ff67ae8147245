/* SPDX-License-Identifier: Apache-2.0 */
/* What a snapshot tells of itself, and how long it lives. */
#include "spiffe/svid_snapshot_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../support/malloc_fail.h"
#include "../support/svid_message.h"
#include "spiffe/svid_verify.h"

static struct svid_snapshot *built(const struct svid_message *m)
{
	struct svid_snapshot *s = NULL;
	struct err err = { 0 };

	if (failed(svid_snapshot_build(&m->in, TEST_NOW, &s, &err)))
		fail_msg("%s", err.text);
	return s;
}

static void an_svid_is_described(void **unused)
{
	struct svid_message m;
	struct svid_snapshot *s;
	const struct svid_info *info;

	svid_message_init(&m);
	m.svids[0].hint = "internal";
	s = built(&m);
	info = svid_snapshot_info(s, 0);
	assert_string_equal(info->id.uri, TEST_ID);
	assert_string_equal(info->hint, "internal");
	assert_int_equal(info->not_before, TEST_NOW - TEST_DAY);
	assert_int_equal(info->not_after, TEST_NOW + 30 * TEST_DAY);
	assert_true(strspn(info->serial, "0123456789abcdef") == strlen(info->serial));
	assert_true(info->serial[0] != '\0');
	assert_null(svid_snapshot_info(s, svid_snapshot_count(s)));
	svid_snapshot_unref(s);
	svid_message_clear(&m);
}

/* Workload API 8 */
static void the_first_svid_is_the_default(void **unused)
{
	struct svid_message m;
	struct svid_snapshot *s;

	svid_message_init(&m);
	s = built(&m);
	assert_int_equal(svid_snapshot_count(s), 2);
	assert_string_equal(svid_snapshot_info(s, 1)->id.uri, "spiffe://corp.local/other");
	assert_int_equal(X509_cmp(svid_snapshot_leaf(s), m.leaf->x509), 0);
	assert_int_equal(sk_X509_num(svid_snapshot_chain(s)), 1); /* without the leaf */
	assert_int_equal(X509_cmp(sk_X509_value(svid_snapshot_chain(s), 0), m.mid->x509), 0);
	assert_int_equal(EVP_PKEY_eq(svid_snapshot_key(s), m.leaf->key), 1);
	svid_snapshot_unref(s);
	svid_message_clear(&m);
}

/* Workload API 5.2.1 */
static void of_svids_with_one_hint_the_first_wins(void **unused)
{
	struct svid_message m;
	struct svid_snapshot *s;

	svid_message_init(&m);
	m.svids[0].hint = m.svids[1].hint = "same";
	s = built(&m);
	assert_int_equal(svid_snapshot_count(s), 1);
	assert_string_equal(svid_snapshot_info(s, 0)->id.uri, TEST_ID);
	svid_snapshot_unref(s);
	m.svids[0].hint = m.svids[1].hint = ""; /* no hint is not the same hint */
	s = built(&m);
	assert_int_equal(svid_snapshot_count(s), 2);
	svid_snapshot_unref(s);
	svid_message_clear(&m);
}

static void a_long_hint_is_cut_but_compared_whole(void **unused)
{
	char a[101], b[101];
	struct svid_message m;
	struct svid_snapshot *s;

	memset(a, 'h', 100);
	memset(b, 'h', 100);
	a[100] = b[100] = '\0';
	b[99] = 'i';
	svid_message_init(&m);
	m.svids[0].hint = a;
	m.svids[1].hint = b;
	s = built(&m);
	assert_int_equal(svid_snapshot_count(s), 2);
	assert_int_equal(strlen(svid_snapshot_info(s, 0)->hint), 63);
	svid_snapshot_unref(s);
	svid_message_clear(&m);
}

static void trust_domains_are_listed_in_order(void **unused)
{
	static const char *const want[] = { "a.example", TEST_TD, "empty.example", "z.example" };
	struct svid_message m;
	struct svid_snapshot *s;

	svid_message_init(&m);
	svid_message_federate(&m, "spiffe://z.example", m.svids[0].bundle);
	svid_message_federate(&m, "A.Example", m.svids[0].bundle); /* bare, and any case */
	svid_message_federate(&m, "spiffe://empty.example", (struct bytes){ NULL, 0 });
	s = built(&m);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(svid_snapshot_trust_domain(s, i), want[i]);
	assert_null(svid_snapshot_trust_domain(s, 4));
	assert_int_equal(svid_snapshot_authorities(s, TEST_TD), 1);
	assert_int_equal(svid_snapshot_authorities(s, "a.example"), 1);
	/* Trust Domain and Bundle 4.1.3: empty is not absent, but distrusts all. */
	assert_int_equal(svid_snapshot_authorities(s, "empty.example"), 0);
	assert_int_equal(svid_snapshot_authorities(s, "absent.example"), 0);
	svid_snapshot_unref(s);
	svid_message_clear(&m);
}

/* X509-SVID.md 4.1: what is no signing certificate is no authority. */
static void only_signing_certificates_are_admitted(void **unused)
{
	struct svid_message m;
	struct svid_snapshot *s;

	svid_message_init(&m);
	svid_message_federate(&m, "x.example", m.svids[0].chain); /* leaf and intermediate */
	s = built(&m);
	assert_int_equal(svid_snapshot_authorities(s, "x.example"), 1);
	svid_snapshot_unref(s);
	svid_message_clear(&m);
}

static void usable_means_within_the_validity(void **unused)
{
	struct svid_message m;
	struct svid_snapshot *s;
	int64_t from, to;

	svid_message_init(&m);
	s = built(&m);
	from = svid_snapshot_info(s, 0)->not_before;
	to = svid_snapshot_info(s, 0)->not_after;
	assert_false(svid_snapshot_usable(s, from - 1));
	assert_true(svid_snapshot_usable(s, from));
	assert_true(svid_snapshot_usable(s, to));
	assert_false(svid_snapshot_usable(s, to + 1));
	assert_false(svid_snapshot_past_half_life(s, from + (to - from) / 2));
	assert_true(svid_snapshot_past_half_life(s, from + (to - from) / 2 + 1));
	svid_snapshot_unref(s);
	svid_message_clear(&m);
}

/* The agent's clock may be seconds ahead: keep it, it will be usable soon. */
static void an_svid_from_the_future_is_kept_but_not_usable(void **unused)
{
	struct svid_message m;
	struct svid_snapshot *s = NULL;

	svid_message_init(&m);
	assert_false(failed(svid_snapshot_build(&m.in, TEST_NOW - 2 * TEST_DAY, &s, NULL)));
	assert_false(svid_snapshot_usable(s, TEST_NOW - 2 * TEST_DAY));
	svid_snapshot_unref(s);
	svid_message_clear(&m);
}

/* The sanitizers see it freed too early or never. */
static void the_last_reference_frees(void **unused)
{
	struct svid_message m;
	struct svid_snapshot *s, *second;

	svid_message_init(&m);
	s = built(&m);
	second = svid_snapshot_ref(s);
	assert_ptr_equal(second, s);
	assert_null(svid_snapshot_unref(s));
	assert_int_equal(svid_snapshot_count(second), 2);
	assert_null(svid_snapshot_unref(second));
	assert_null(svid_snapshot_unref(NULL));
	svid_message_clear(&m);
}

static void nothing_of_the_message_is_borrowed(void **unused)
{
	struct svid_message m;
	struct svid_snapshot *s;
	struct svid_peer peer;
	X509 *leaf;

	svid_message_init(&m);
	s = built(&m);
	leaf = X509_dup(m.leaf->x509);
	svid_message_clear(&m);
	assert_false(failed(svid_verify_peer(s, leaf, svid_snapshot_chain(s), TEST_NOW, &peer, NULL)));
	assert_string_equal(svid_snapshot_trust_domain(s, 0), TEST_TD);
	X509_free(leaf);
	svid_snapshot_unref(s);
}

static void serials_differ(void **unused)
{
	struct svid_message m;
	struct svid_snapshot *a, *b;

	svid_message_init(&m);
	a = built(&m);
	b = built(&m);
	assert_int_not_equal(svid_snapshot_serial(a), svid_snapshot_serial(b));
	svid_snapshot_unref(a);
	svid_snapshot_unref(b);
	svid_message_clear(&m);
}

/* Thousands of allocations, most of them alike and OpenSSL's: the steps widen. */
static void without_memory_nothing_is_built_and_nothing_leaks(void **unused)
{
	struct svid_message m;
	bool hit = true;

	svid_message_init(&m);
	svid_message_federate(&m, "a.example", m.svids[0].bundle);
	svid_snapshot_unref(built(&m)); /* what OpenSSL sets up once */
	for (unsigned n = 0; hit; n += 1 + n / 32) {
		struct svid_snapshot *s = NULL;
		struct result r;

		malloc_fail_at(n);
		r = svid_snapshot_build(&m.in, TEST_NOW, &s, NULL);
		hit = malloc_fail_hit();
		assert_true(hit ? failed(r) && !s : !failed(r) && s);
		svid_snapshot_unref(s);
	}
	svid_message_clear(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_svid_is_described),
		cmocka_unit_test(the_first_svid_is_the_default),
		cmocka_unit_test(of_svids_with_one_hint_the_first_wins),
		cmocka_unit_test(a_long_hint_is_cut_but_compared_whole),
		cmocka_unit_test(trust_domains_are_listed_in_order),
		cmocka_unit_test(only_signing_certificates_are_admitted),
		cmocka_unit_test(usable_means_within_the_validity),
		cmocka_unit_test(an_svid_from_the_future_is_kept_but_not_usable),
		cmocka_unit_test(the_last_reference_frees),
		cmocka_unit_test(nothing_of_the_message_is_borrowed),
		cmocka_unit_test(serials_differ),
		cmocka_unit_test(without_memory_nothing_is_built_and_nothing_leaks),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
