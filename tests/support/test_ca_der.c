/* SPDX-License-Identifier: Apache-2.0 */
/* The part of test_ca.h that speaks the Workload API's encodings. */
#include "test_ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/x509v3.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "test_ca: %s failed\n", what);
	abort();
}

/* Takes over OpenSSL's buffer so that callers need only free(). */
static struct bytes append(struct bytes to, unsigned char *der, int len)
{
	uint8_t *all;

	must(len > 0, "encoding to DER");
	all = realloc((void *)to.data, to.len + (size_t)len);
	must(all != NULL, "realloc");
	memcpy(all + to.len, der, (size_t)len);
	OPENSSL_free(der);
	return (struct bytes){ all, to.len + (size_t)len };
}

struct bytes test_der_certs(const struct test_cert *const *certs)
{
	struct bytes all = { NULL, 0 };

	for (; certs && *certs; certs++) {
		unsigned char *der = NULL;
		int len = i2d_X509((*certs)->x509, &der);

		all = append(all, der, len);
	}
	return all;
}

struct bytes test_der_key(const struct test_cert *c)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(c->key);
	unsigned char *der = NULL;
	int len;

	must(p8 != NULL, "EVP_PKEY2PKCS8");
	len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return append((struct bytes){ NULL, 0 }, der, len);
}

struct bytes test_der_crl(X509_CRL *crl)
{
	unsigned char *der = NULL;
	int len = i2d_X509_CRL(crl, &der);

	return append((struct bytes){ NULL, 0 }, der, len);
}

/* The leaf's own URI SAN, so that callers need not say it twice. */
static char *uri_san(X509 *leaf)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
	char *uri = NULL;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type == GEN_URI && !uri)
			uri = strndup((const char *)ASN1_STRING_get0_data(n->d.ia5),
				      (size_t)ASN1_STRING_length(n->d.ia5));
	}
	must(uri != NULL, "finding the leaf's URI SAN");
	GENERAL_NAMES_free(names);
	return uri;
}

struct svid_snapshot *test_snapshot(const struct test_cert *leaf,
				    const struct test_cert *const *chain,
				    const struct test_cert *const *roots, int64_t now_s)
{
	struct bytes own = test_der_certs((const struct test_cert *const[]){ leaf, NULL });
	struct bytes more = test_der_certs(chain);
	struct svid_der svid = {
		.spiffe_id = uri_san(leaf->x509),
		.key = test_der_key(leaf),
		.bundle = test_der_certs(roots),
	};
	struct svid_response in = { .svids = &svid, .n_svids = 1 };
	struct svid_snapshot *s = NULL;
	struct err err = { 0 };

	own.data = realloc((void *)own.data, own.len + more.len);
	must(own.data != NULL, "realloc");
	if (more.len)
		memcpy((void *)(own.data + own.len), more.data, more.len);
	svid.chain = (struct bytes){ own.data, own.len + more.len };
	if (failed(svid_snapshot_build(&in, now_s, &s, &err)))
		must(0, err.text);
	free((void *)more.data);
	free((void *)svid.chain.data);
	free((void *)svid.key.data);
	free((void *)svid.bundle.data);
	free((void *)svid.spiffe_id);
	return s;
}
