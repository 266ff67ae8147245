/* SPDX-License-Identifier: Apache-2.0 */
#include "svid_scene.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define LETTERS 20

struct cast {
	struct test_cert *root, *second, *mid, *leaf;
};

static const struct test_cert *who(const struct cast *c, char letter)
{
	switch (letter) {
	case 'R':
		return c->root;
	case 'S':
		return c->second;
	case 'M':
		return c->mid;
	case 'L':
		return c->leaf;
	}
	return NULL;
}

static struct svid_scene good_scene(void)
{
	return (struct svid_scene){
		.root = test_spec_root("root"),
		.second = test_spec_root("second root"),
		.mid = test_spec_intermediate("intermediate"),
		.leaf = test_spec_leaf(TEST_ID),
		.mid_from = 'R',
		.leaf_from = 'M',
		.peer = "L",
		.sent = "M",
		.bundle = "R",
		.crl_by = "",
		.revoked = "",
		.crl_from = TEST_NOW - TEST_DAY,
		.crl_to = TEST_NOW + TEST_DAY,
		.now_s = TEST_NOW,
	};
}

static struct bytes der_of(const struct cast *c, const char *letters)
{
	const struct test_cert *list[LETTERS + 1] = { NULL };

	for (size_t i = 0; letters[i] && i < LETTERS; i++)
		list[i] = who(c, letters[i]);
	return test_der_certs(list);
}

static struct bytes crl_of(const struct cast *c, const struct svid_scene *s, size_t i)
{
	const struct test_cert *gone = who(c, s->revoked[i]);
	X509_CRL *crl = test_crl_new(who(c, s->crl_by[i]), gone ? gone->x509 : NULL, s->crl_from,
				     s->crl_to);
	struct bytes der = test_der_crl(crl);

	X509_CRL_free(crl);
	return der;
}

/* Our own SVID does not matter here; what was said beside it does. */
static struct svid_snapshot *snapshot_of(const struct cast *c, const struct svid_scene *s)
{
	struct test_spec spec = test_spec_leaf("spiffe://" TEST_TD "/own");
	struct test_cert *own = test_cert_new(&spec, c->root);
	const struct test_cert *own_list[] = { own, NULL };
	struct svid_der svid = {
		.spiffe_id = "spiffe://" TEST_TD "/own",
		.chain = test_der_certs(own_list),
		.key = test_der_key(own),
		.bundle = der_of(c, s->bundle),
	};
	struct federated_der partner = { .trust_domain = "spiffe://partner.example" };
	struct bytes crls[LETTERS];
	struct svid_response in = { &svid, 1, crls, strlen(s->crl_by), &partner, s->partner != NULL };
	struct svid_snapshot *snap = NULL;
	struct err err = { 0 };

	if (s->partner)
		partner.bundle = der_of(c, s->partner);
	for (size_t i = 0; i < in.n_crls; i++)
		crls[i] = crl_of(c, s, i);
	if (failed(svid_snapshot_build(&in, TEST_NOW, &snap, &err)))
		fail_msg("svid_snapshot_build: %s", err.text);
	for (size_t i = 0; i < in.n_crls; i++)
		free((void *)crls[i].data);
	free((void *)svid.chain.data);
	free((void *)svid.key.data);
	free((void *)svid.bundle.data);
	free((void *)partner.bundle.data);
	test_cert_free(own);
	return snap;
}

static struct cast cast_of(const struct svid_scene *s)
{
	struct cast c = { NULL, NULL, NULL, NULL };

	c.root = test_cert_new(&s->root, NULL);
	c.second = test_cert_new(&s->second, NULL);
	c.mid = test_cert_new(&s->mid, who(&c, s->mid_from));
	c.leaf = test_cert_new(&s->leaf, who(&c, s->leaf_from));
	return c;
}

static void run_row(void **state)
{
	const struct svid_scene_row *row = *state;
	struct svid_scene s = good_scene();
	STACK_OF(X509) *sent = sk_X509_new_null();
	struct svid_snapshot *snap;
	struct svid_peer peer;
	struct err err = { .tls_alert = -1 };
	struct result r;
	struct cast c;

	row->spoil(&s);
	c = cast_of(&s);
	snap = snapshot_of(&c, &s);
	for (const char *l = s.sent; *l; l++)
		assert_true(sk_X509_push(sent, who(&c, *l)->x509));
	r = svid_verify_peer(snap, who(&c, *s.peer)->x509, sent, s.now_s, &peer, &err);
	if (r.cls != row->cls || err.tls_alert != row->alert)
		fail_msg("got %s, alert %d (%s); wanted %s, alert %d", err_class_name(r.cls),
			 err.tls_alert, err.text, err_class_name(row->cls), row->alert);
	sk_X509_free(sent);
	svid_snapshot_unref(snap);
	test_cert_free(c.leaf);
	test_cert_free(c.mid);
	test_cert_free(c.second);
	test_cert_free(c.root);
}

int svid_scene_run(const char *group, const struct svid_scene_row *rows, size_t n)
{
	struct CMUnitTest *tests = calloc(n, sizeof *tests);
	int status;

	if (!tests)
		abort();
	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){
			.name = rows[i].claim,
			.test_func = run_row,
			.initial_state = (void *)&rows[i],
		};
	status = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
	free(tests);
	return status;
}
