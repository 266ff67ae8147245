/* SPDX-License-Identifier: Apache-2.0 */
#include "svid_message.h"

#include <stdlib.h>
#include <string.h>

struct bytes svid_message_own(struct svid_message *m, struct bytes der)
{
	if (m->n_owned == sizeof m->owned / sizeof *m->owned)
		abort();
	m->owned[m->n_owned++] = der;
	return der;
}

static struct bytes certs(struct svid_message *m, const struct test_cert *a,
			  const struct test_cert *b)
{
	const struct test_cert *list[] = { a, b, NULL };

	return svid_message_own(m, test_der_certs(list));
}

void svid_message_init_leaf(struct svid_message *m, const struct test_spec *leaf)
{
	struct test_spec root = test_spec_root("root"), mid = test_spec_intermediate("mid");
	struct test_spec other = test_spec_leaf("spiffe://corp.local/other");
	X509_CRL *crl;

	*m = (struct svid_message){ .in = { m->svids, 2, m->crls, 1, m->federated, 0 } };
	m->root = test_cert_new(&root, NULL);
	m->mid = test_cert_new(&mid, m->root);
	m->leaf = test_cert_new(leaf, m->mid);
	m->other = test_cert_new(&other, m->root);
	m->svids[0] = (struct svid_der){
		.spiffe_id = TEST_ID,
		.chain = certs(m, m->leaf, m->mid),
		.key = svid_message_own(m, test_der_key(m->leaf)),
		.bundle = certs(m, m->root, NULL),
	};
	m->svids[1] = (struct svid_der){
		.spiffe_id = "spiffe://corp.local/other",
		.chain = certs(m, m->other, NULL),
		.key = svid_message_own(m, test_der_key(m->other)),
		.bundle = m->svids[0].bundle,
	};
	crl = test_crl_new(m->root, NULL, TEST_NOW - 1, TEST_NOW + TEST_DAY);
	m->crls[0] = svid_message_own(m, test_der_crl(crl));
	X509_CRL_free(crl);
}

void svid_message_init(struct svid_message *m)
{
	struct test_spec leaf = test_spec_leaf(TEST_ID);

	svid_message_init_leaf(m, &leaf);
}

void svid_message_federate(struct svid_message *m, const char *td, struct bytes der)
{
	if (m->in.n_federated == sizeof m->federated / sizeof *m->federated)
		abort();
	m->federated[m->in.n_federated++] = (struct federated_der){ td, der };
}

struct bytes svid_message_altered(struct svid_message *m, struct bytes from, size_t n,
				  const char *extra)
{
	size_t more = strlen(extra);
	uint8_t *copy = malloc(n + more + 1);

	if (!copy)
		abort();
	memcpy(copy, from.data, n);
	memcpy(copy + n, extra, more);
	return svid_message_own(m, (struct bytes){ copy, n + more });
}

void svid_message_clear(struct svid_message *m)
{
	for (size_t i = 0; i < m->n_owned; i++)
		free((void *)m->owned[i].data);
	test_cert_free(m->other);
	test_cert_free(m->leaf);
	test_cert_free(m->mid);
	test_cert_free(m->root);
}
