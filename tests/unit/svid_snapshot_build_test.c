/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that are refused whole (Workload API 4.5), so that the caller keeps
 * its old snapshot. One row, one fault. */
#include "spiffe/svid_snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "../support/svid_message.h"

#define NOTHING ((struct bytes){ NULL, 0 })
/* The last byte is missing; something follows. */
#define CUT(field) m->field = svid_message_altered(m, m->field, m->field.len - 1, "")
#define LONGER(field) m->field = svid_message_altered(m, m->field, m->field.len, "x")

static struct bytes sec1_key(const struct test_cert *c)
{
	unsigned char *der = NULL, *copy;
	int len = i2d_PrivateKey(c->key, &der);

	assert_true(len > 0);
	copy = malloc((size_t)len);
	assert_non_null(copy);
	memcpy(copy, der, (size_t)len);
	OPENSSL_free(der);
	return (struct bytes){ copy, (size_t)len };
}

static struct bytes many_certs(const struct test_cert *c, int n)
{
	const struct test_cert *list[32] = { NULL };

	for (int i = 0; i < n; i++)
		list[i] = c;
	return test_der_certs(list);
}

#define ROWS(X) \
	/* Workload API 4.5, 5.2.1: mandatory fields */ \
	X(no_svids, m->in.n_svids = 0, ERR_PARSE, "the mandatory field svids is empty") \
	X(no_spiffe_id, m->svids[0].spiffe_id = "", ERR_PARSE, \
	  "svids[0]: the mandatory field spiffe_id is empty") \
	X(null_spiffe_id, m->svids[0].spiffe_id = NULL, ERR_PARSE, \
	  "svids[0]: the mandatory field spiffe_id is empty") \
	X(no_chain, m->svids[1].chain = NOTHING, ERR_PARSE, \
	  "svids[1]: the mandatory field x509_svid is empty") \
	X(no_key, m->svids[0].key = NOTHING, ERR_PARSE, \
	  "svids[0]: the mandatory field x509_svid_key is empty") \
	X(no_bundle, m->svids[0].bundle = NOTHING, ERR_PARSE, \
	  "svids[0]: the mandatory field bundle is empty") \
	X(no_key_in_an_svid_whose_hint_was_taken, m->svids[1].key = NOTHING; \
	  m->svids[0].hint = m->svids[1].hint = "h", ERR_PARSE, "svids[1]: the mandatory field") \
	/* Workload API 5.1: DER, PKCS#8 */ \
	X(a_chain_cut_short, CUT(svids[0].chain), ERR_PARSE, "svids[0]: x509_svid: byte ") \
	X(a_chain_with_something_behind, LONGER(svids[0].chain), ERR_PARSE, \
	  "svids[0]: x509_svid: byte ") \
	X(a_chain_of_seventeen, m->svids[1].chain = svid_message_own(m, many_certs(m->other, 17)), \
	  ERR_PARSE, "svids[1]: x509_svid: more than 16 certificates") \
	X(a_key_cut_short, CUT(svids[0].key), ERR_PARSE, "svids[0]: x509_svid_key: no unencrypted") \
	X(a_key_with_something_behind, LONGER(svids[0].key), ERR_PARSE, \
	  "svids[0]: x509_svid_key: no unencrypted") \
	X(a_key_that_is_not_pkcs8, m->svids[0].key = svid_message_own(m, sec1_key(m->leaf)), \
	  ERR_PARSE, "svids[0]: x509_svid_key: no unencrypted") \
	X(a_bundle_cut_short, CUT(svids[1].bundle), ERR_PARSE, "svids[1]: bundle: byte 0") \
	X(a_bundle_with_something_behind, LONGER(svids[1].bundle), ERR_PARSE, \
	  "svids[1]: bundle: byte ") \
	X(a_crl_cut_short, CUT(crls[0]), ERR_PARSE, "crl[0]: no DER CRL") \
	X(a_crl_with_something_behind, LONGER(crls[0]), ERR_PARSE, "crl[0]: no DER CRL") \
	X(an_empty_crl, m->crls[0] = NOTHING, ERR_PARSE, "crl[0]: no DER CRL") \
	/* what is said against what is so */ \
	X(a_spiffe_id_that_is_not_the_leafs, m->svids[0].spiffe_id = "spiffe://corp.local/root", \
	  ERR_PARSE, "svids[0]: spiffe_id is not the one in the certificate") \
	X(a_spiffe_id_that_is_none, m->svids[0].spiffe_id = "corp.local/backend", ERR_PARSE, \
	  "svids[0]: spiffe_id: byte 0") \
	X(the_key_of_another, m->svids[0].key = m->svids[1].key, ERR_PARSE, \
	  "svids[0]: the private key is not the certificate's") \
	X(the_leaf_not_first, m->svids[0].chain = m->svids[0].bundle, ERR_CERT_SVID, \
	  "svids[0]: it is a signing certificate") \
	/* Federation 7.3: no merging, no choosing */ \
	X(two_bundles_for_one_trust_domain, m->svids[1].bundle = m->svids[0].chain, ERR_PARSE, \
	  "svids[1]: two different bundles for corp.local") \
	X(a_federated_bundle_for_our_own, \
	  svid_message_federate(m, "spiffe://corp.local", m->svids[0].chain), ERR_PARSE, \
	  "federated_bundles[0]: two different bundles for corp.local") \
	X(a_federated_trust_domain_with_a_path, \
	  svid_message_federate(m, "spiffe://a.example/x", m->svids[0].bundle), ERR_PARSE, \
	  "federated_bundles[0]: a trust domain's SPIFFE ID has no path") \
	X(a_federated_trust_domain_with_a_port, \
	  svid_message_federate(m, "a.example:1", m->svids[0].bundle), ERR_PARSE, \
	  "federated_bundles[0]: byte 9: a port") \
	X(a_federated_bundle_without_name, svid_message_federate(m, "", m->svids[0].bundle), \
	  ERR_PARSE, "federated_bundles[0]: byte 0: the trust domain is empty") \
	X(a_federated_bundle_with_null_name, svid_message_federate(m, NULL, m->svids[0].bundle), \
	  ERR_PARSE, "federated_bundles[0]: the trust domain is empty") \
	X(a_malformed_federated_bundle, svid_message_federate(m, "a.example", m->crls[0]), \
	  ERR_PARSE, "federated_bundles[0]: bundle: byte 0: no DER certificate")

struct row {
	const char *name;
	void (*spoil)(struct svid_message *m);
	enum err_class cls;
	const char *text;
};

#define SPOIL(name, code, ...) \
	static void name(struct svid_message *m) \
	{ \
		code; \
	}
#define ROW(name, code, cls, text) { #name, name, cls, text },
ROWS(SPOIL)

static void refused(const char *name, const struct svid_message *m, int64_t now_s,
		    enum err_class cls, const char *text)
{
	struct svid_snapshot *const none = (struct svid_snapshot *)&cls, *s = none;
	struct err err = { 0 };
	struct result r;

	ERR_clear_error();
	r = svid_snapshot_build(&m->in, now_s, &s, &err);
	if (r.cls != cls || strncmp(err.text, text, strlen(text)) != 0)
		fail_msg("%s: %s, %s", name, err_class_name(r.cls), err.text);
	assert_ptr_equal(s, none);	       /* untouched */
	assert_int_equal(err.tls_alert, -1);   /* no peer to tell */
	assert_int_equal(ERR_peek_error(), 0); /* nothing left behind */
	assert_int_equal(svid_snapshot_build(&m->in, now_s, &s, NULL).cls, cls);
}

static void a_message_with_one_fault_is_refused_whole(void **unused)
{
	static const struct row rows[] = { ROWS(ROW) };

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct svid_message m;

		svid_message_init(&m);
		rows[i].spoil(&m);
		refused(rows[i].name, &m, TEST_NOW, rows[i].cls, rows[i].text);
		svid_message_clear(&m);
	}
}

/* The rules are those of svid_verify_rules_test.c; here, that they are asked. */
static void our_own_leaf_follows_the_rules_for_leaves(void **unused)
{
	struct test_spec spec = test_spec_leaf(TEST_ID);
	struct svid_message m;

	spec.usage = "digitalSignature";
	svid_message_init_leaf(&m, &spec);
	refused("usage", &m, TEST_NOW, ERR_CERT_SVID, "svids[0]: keyUsage is not critical");
	svid_message_clear(&m);

	spec = test_spec_leaf(TEST_ID);
	spec.san = "URI:" TEST_ID ",URI:spiffe://corp.local/other";
	svid_message_init_leaf(&m, &spec);
	refused("san", &m, TEST_NOW, ERR_CERT_SVID, "svids[0]: there are 2 URI SANs");
	svid_message_clear(&m);
}

static void an_expired_default_svid_is_refused(void **unused)
{
	struct svid_message m;

	svid_message_init(&m);
	refused("expired", &m, TEST_NOW + 30 * TEST_DAY + 5, ERR_CERT_EXPIRED,
		"svids[0]: it expired 5 s ago");
	svid_message_clear(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_with_one_fault_is_refused_whole),
		cmocka_unit_test(our_own_leaf_follows_the_rules_for_leaves),
		cmocka_unit_test(an_expired_default_svid_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
