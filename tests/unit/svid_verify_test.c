/* SPDX-License-Identifier: Apache-2.0 */
/* What svid_verify_peer tells beside its verdict. The verdicts themselves are
 * in svid_verify_rules_test.c and svid_verify_path_test.c. */
#include "spiffe/svid_verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "../support/malloc_fail.h"
#include "../support/test_ca.h"
#include "tls/alert.h"

struct fixture {
	struct test_cert *root, *leaf;
	struct svid_snapshot *snap;
};

static struct fixture setup(struct test_spec leaf_spec)
{
	struct test_spec root_spec = test_spec_root("root"), own = test_spec_leaf(TEST_ID);
	struct fixture f = { .root = test_cert_new(&root_spec, NULL) };
	const struct test_cert *roots[] = { f.root, NULL };
	struct test_cert *me = test_cert_new(&own, f.root);

	f.leaf = test_cert_new(&leaf_spec, f.root);
	f.snap = test_snapshot(me, NULL, roots, TEST_NOW);
	test_cert_free(me);
	return f;
}

static void teardown(struct fixture *f)
{
	svid_snapshot_unref(f->snap);
	test_cert_free(f->leaf);
	test_cert_free(f->root);
}

static void an_accepted_peer_is_described(void **unused)
{
	struct test_spec spec = test_spec_leaf("spiffe://corp.local/ledger/0");
	struct fixture f;
	struct svid_peer peer;

	spec.serial = 0x1234abcd;
	f = setup(spec);
	assert_false(failed(svid_verify_peer(f.snap, f.leaf->x509, NULL, TEST_NOW, &peer, NULL)));
	assert_string_equal(peer.id.uri, "spiffe://corp.local/ledger/0");
	assert_string_equal(peer.serial, "1234abcd");
	assert_int_equal(peer.not_before, spec.not_before);
	assert_int_equal(peer.not_after, spec.not_after);
	teardown(&f);
}

static void a_refused_peer_is_named_if_its_id_can_be_read(void **unused)
{
	struct test_spec spec = test_spec_leaf("spiffe://corp.local/ledger");
	struct svid_peer peer = { 0 };
	struct err err = { 0 };
	struct fixture f;

	spec.not_after = TEST_NOW - 1;
	f = setup(spec);
	assert_int_equal(svid_verify_peer(f.snap, f.leaf->x509, NULL, TEST_NOW, &peer, &err).cls,
			 ERR_CERT_EXPIRED);
	assert_string_equal(peer.id.uri, "spiffe://corp.local/ledger");
	assert_int_equal(peer.not_after, spec.not_after);
	assert_true(peer.serial[0] != '\0');
	teardown(&f);
}

static void a_peer_without_readable_id_is_not_named(void **unused)
{
	struct test_spec spec = test_spec_leaf("spiffe://corp.local/a//b");
	struct svid_peer peer = { .id.len = 99 };
	struct err err = { 0 };
	struct fixture f = setup(spec);

	assert_int_equal(svid_verify_peer(f.snap, f.leaf->x509, NULL, TEST_NOW, &peer, &err).cls,
			 ERR_CERT_SVID);
	assert_int_equal(peer.id.len, 0);
	assert_non_null(strstr(err.text, "empty path segment"));
	/* Neither output is needed. */
	assert_int_equal(svid_verify_peer(f.snap, f.leaf->x509, NULL, TEST_NOW, NULL, NULL).cls,
			 ERR_CERT_SVID);
	teardown(&f);
}

static void no_certificate_is_its_own_error(void **unused)
{
	struct fixture f = setup(test_spec_leaf(TEST_ID));
	struct err err = { 0 };

	assert_int_equal(svid_verify_peer(f.snap, NULL, NULL, TEST_NOW, NULL, &err).cls,
			 ERR_CERT_MISSING);
	assert_int_equal(err.tls_alert, ALERT_certificate_required);
	teardown(&f);
}

/* A skew of clocks gets its own reason. */
static void a_peer_from_the_future_says_by_how_much(void **unused)
{
	struct test_spec spec = test_spec_leaf(TEST_ID);
	struct err err = { 0 };
	struct fixture f;

	spec.not_before = TEST_NOW + 42;
	f = setup(spec);
	assert_int_equal(svid_verify_peer(f.snap, f.leaf->x509, NULL, TEST_NOW, NULL, &err).cls,
			 ERR_CERT_NOT_YET);
	assert_non_null(strstr(err.text, "in 42 s: do the clocks agree?"));
	teardown(&f);
}

/* Years that UTCTime cannot say, and the leap days in between. */
static void far_times_are_read_right(void **unused)
{
	static const int64_t times[] = { 0, 951782400 /* 2000-02-29 */, 4107542400 /* 2100-03-01 */,
					 13569465599 /* 2399-12-31 23:59:59 */,
					 253402300799 /* 9999-12-31 23:59:59 */ };

	for (size_t i = 0; i + 1 < sizeof times / sizeof *times; i++) {
		struct test_spec spec = test_spec_leaf(TEST_ID);
		struct svid_peer peer = { 0 };
		struct fixture f;

		spec.not_before = times[i];
		spec.not_after = times[i + 1];
		f = setup(spec);
		(void)svid_verify_peer(f.snap, f.leaf->x509, NULL, TEST_NOW, &peer, NULL).cls;
		assert_int_equal(peer.not_before, times[i]);
		assert_int_equal(peer.not_after, times[i + 1]);
		teardown(&f);
	}
}

/* A handshake around it would take what is left in the queue for its own. */
static void openssls_error_queue_stays_as_it_was(void **unused)
{
	struct test_spec spec = test_spec_leaf(TEST_ID);
	struct fixture f;

	spec.bad_signature = true;
	f = setup(spec);
	ERR_clear_error();
	assert_true(failed(svid_verify_peer(f.snap, f.leaf->x509, NULL, TEST_NOW, NULL, NULL)));
	assert_int_equal(ERR_peek_error(), 0);
	teardown(&f);
}

#define LADDER 9

/* n intermediates between root and leaf. */
static struct result climb(int n)
{
	struct fixture f = setup(test_spec_leaf(TEST_ID));
	static const char *const names[LADDER] = { "0", "1", "2", "3", "4", "5", "6", "7", "8" };
	struct test_cert *mids[LADDER] = { NULL };
	STACK_OF(X509) *sent = sk_X509_new_null();
	struct test_spec spec = test_spec_leaf(TEST_ID);
	struct test_cert *leaf;
	struct result r;

	for (int i = 0; i < n; i++) {
		struct test_spec mid = test_spec_intermediate(names[i]);

		mids[i] = test_cert_new(&mid, i ? mids[i - 1] : f.root);
		assert_true(sk_X509_push(sent, mids[i]->x509));
	}
	leaf = test_cert_new(&spec, mids[n - 1]);
	r = svid_verify_peer(f.snap, leaf->x509, sent, TEST_NOW, NULL, NULL);
	sk_X509_free(sent);
	test_cert_free(leaf);
	for (int i = 0; i < n; i++)
		test_cert_free(mids[i]);
	teardown(&f);
	return r;
}

static void eight_intermediates_are_enough_for_anybody(void **unused)
{
	assert_int_equal(climb(8).cls, ERR_NONE);
	assert_int_equal(climb(9).cls, ERR_CERT_CHAIN);
}

/* Each run has a fresh copy: OpenSSL keeps what it learnt of a certificate. */
static void without_memory_nobody_is_accepted(void **unused)
{
	struct fixture f = setup(test_spec_leaf(TEST_ID));
	bool hit = true;

	assert_false(failed(svid_verify_peer(f.snap, f.leaf->x509, NULL, TEST_NOW, NULL, NULL)));
	for (unsigned n = 0; hit; n++) {
		X509 *copy = X509_dup(f.leaf->x509);
		struct err err = { 0 };
		struct result r;

		assert_non_null(copy);
		malloc_fail_at(n);
		r = svid_verify_peer(f.snap, copy, NULL, TEST_NOW, NULL, &err);
		hit = malloc_fail_hit();
		assert_true(hit ? failed(r) : !failed(r));
		X509_free(copy);
	}
	teardown(&f);
}

/* f's bundle, with a CRL beside it. */
static struct svid_snapshot *with_crl(const struct fixture *f, X509_CRL *crl)
{
	struct bytes crl_der = test_der_crl(crl);
	struct test_spec own_spec = test_spec_leaf(TEST_ID);
	struct test_cert *own = test_cert_new(&own_spec, f->root);
	const struct test_cert *chain[] = { own, NULL }, *roots[] = { f->root, NULL };
	struct svid_der svid = { TEST_ID, test_der_certs(chain), test_der_key(own),
				 test_der_certs(roots), NULL };
	struct svid_response in = { &svid, 1, &crl_der, 1, NULL, 0 };
	struct svid_snapshot *snap = NULL;

	assert_false(failed(svid_snapshot_build(&in, TEST_NOW, &snap, NULL)));
	free((void *)crl_der.data);
	free((void *)svid.chain.data);
	free((void *)svid.key.data);
	free((void *)svid.bundle.data);
	test_cert_free(own);
	X509_CRL_free(crl);
	return snap;
}

/* As without_memory_nobody_is_accepted, but the one who is to be kept out was
 * revoked: an absent CRL is forgiven, a lost one is not. */
static void without_memory_the_revoked_are_not_accepted(void **unused)
{
	struct fixture f = setup(test_spec_leaf(TEST_ID));
	struct svid_snapshot *snap =
		with_crl(&f, test_crl_new(f.root, f.leaf->x509, TEST_NOW - 1, TEST_NOW + 1));
	bool hit = true;

	for (unsigned n = 0; hit; n++) {
		X509 *copy = X509_dup(f.leaf->x509);
		struct result r;

		assert_non_null(copy);
		malloc_fail_at(n);
		r = svid_verify_peer(snap, copy, NULL, TEST_NOW, NULL, NULL);
		hit = malloc_fail_hit();
		assert_true(failed(r));
		if (!hit)
			assert_int_equal(r.cls, ERR_CERT_REVOKED);
		X509_free(copy);
	}
	svid_snapshot_unref(snap);
	teardown(&f);
}

/* RFC 5280 5.2.5: OpenSSL passes an indirect CRL over as if it were not there.
 * Its issuer has a CRL all the same, so nobody of it is taken unchecked. */
static void an_issuers_crl_that_cannot_be_used_fails_closed(void **unused)
{
	struct fixture f = setup(test_spec_leaf(TEST_ID));
	X509_CRL *crl = test_crl_new(f.root, f.leaf->x509, TEST_NOW - 1, TEST_NOW + 1);
	ISSUING_DIST_POINT *idp = ISSUING_DIST_POINT_new();
	struct svid_snapshot *snap;

	assert_non_null(idp);
	idp->indirectCRL = 0xff;
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, NID_issuing_distribution_point, idp, 1, 0), 1);
	assert_true(X509_CRL_sign(crl, f.root->key, EVP_sha256()) > 0);
	ISSUING_DIST_POINT_free(idp);
	snap = with_crl(&f, crl);
	assert_int_equal(svid_verify_peer(snap, f.leaf->x509, NULL, TEST_NOW, NULL, NULL).cls,
			 ERR_CERT_CHAIN);
	svid_snapshot_unref(snap);
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_accepted_peer_is_described),
		cmocka_unit_test(a_refused_peer_is_named_if_its_id_can_be_read),
		cmocka_unit_test(a_peer_without_readable_id_is_not_named),
		cmocka_unit_test(no_certificate_is_its_own_error),
		cmocka_unit_test(a_peer_from_the_future_says_by_how_much),
		cmocka_unit_test(far_times_are_read_right),
		cmocka_unit_test(openssls_error_queue_stays_as_it_was),
		cmocka_unit_test(eight_intermediates_are_enough_for_anybody),
		cmocka_unit_test(without_memory_nobody_is_accepted),
		cmocka_unit_test(without_memory_the_revoked_are_not_accepted),
		cmocka_unit_test(an_issuers_crl_that_cannot_be_used_fails_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
