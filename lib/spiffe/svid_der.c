/* SPDX-License-Identifier: Apache-2.0 */
#include "svid_der_internal.h"

#include <limits.h>

#include "svid_cert_internal.h"

/* What d2i can count; no object is larger. */
static long bounded(size_t len)
{
	return len > INT_MAX ? INT_MAX : (long)len;
}

static struct result push_certs(struct bytes der, int max, const char *what, STACK_OF(X509) *to,
				struct err *reterr)
{
	const unsigned char *p = der.data, *end = der.data + der.len;

	while (p < end) {
		size_t at = (size_t)(p - der.data);
		X509 *cert = d2i_X509(NULL, &p, bounded((size_t)(end - p)));

		if (!cert)
			return FAIL(reterr, svid_openssl_class(ERR_PARSE),
				    "%s: byte %zu: no DER certificate", what, at);
		if (!sk_X509_push(to, cert)) {
			X509_free(cert);
			return FAIL(reterr, ERR_NOMEM, "%s: out of memory", what);
		}
		if (sk_X509_num(to) > max)
			return FAIL(reterr, ERR_PARSE, "%s: more than %d certificates", what, max);
	}
	return RESULT_OK;
}

struct result svid_der_certs(struct bytes der, int max, const char *what, STACK_OF(X509) **ret,
			     struct err *reterr)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	struct result r;

	if (!certs)
		return FAIL(reterr, ERR_NOMEM, "%s: out of memory", what);
	r = der.len ? push_certs(der, max, what, certs, reterr) : RESULT_OK;
	if (failed(r))
		sk_X509_pop_free(certs, X509_free);
	else
		*ret = certs;
	return r;
}

struct result svid_der_key(struct bytes der, EVP_PKEY **ret, struct err *reterr)
{
	const unsigned char *p = der.data;
	PKCS8_PRIV_KEY_INFO *p8 =
		der.len ? d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, bounded(der.len)) : NULL;
	EVP_PKEY *key = p8 && p == der.data + der.len ? EVP_PKCS82PKEY(p8) : NULL;

	PKCS8_PRIV_KEY_INFO_free(p8);
	if (!key)
		return FAIL(reterr, svid_openssl_class(ERR_PARSE),
			    "x509_svid_key: no unencrypted PKCS#8 key that OpenSSL can use");
	*ret = key;
	return RESULT_OK;
}

struct result svid_der_crl(struct bytes der, X509_CRL **ret, struct err *reterr)
{
	const unsigned char *p = der.data;
	X509_CRL *crl = der.len ? d2i_X509_CRL(NULL, &p, bounded(der.len)) : NULL;

	if (!crl || p != der.data + der.len) {
		X509_CRL_free(crl);
		return FAIL(reterr, svid_openssl_class(ERR_PARSE), "no DER CRL");
	}
	*ret = crl;
	return RESULT_OK;
}
