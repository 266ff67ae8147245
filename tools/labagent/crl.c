/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509v3.h>
#include <string.h>

#include "ca_internal.h"

#define CRL_LIFE_S (24 * 3600)

static int set_times(X509_CRL *crl, int64_t now_s)
{
	ASN1_TIME *last = ASN1_TIME_set(NULL, now_s - 10);
	ASN1_TIME *next = ASN1_TIME_set(NULL, now_s + CRL_LIFE_S);
	int ok = last && next && X509_CRL_set1_lastUpdate(crl, last) &&
		 X509_CRL_set1_nextUpdate(crl, next);

	ASN1_TIME_free(last);
	ASN1_TIME_free(next);
	return ok;
}

static int revoke(X509_CRL *crl, const uint8_t serial[16], int64_t now_s)
{
	X509_REVOKED *rev = X509_REVOKED_new();
	ASN1_TIME *when = ASN1_TIME_set(NULL, now_s);
	BIGNUM *bn = BN_bin2bn(serial, 16, NULL);
	ASN1_INTEGER *number = bn ? BN_to_ASN1_INTEGER(bn, NULL) : NULL;
	int ok = rev && when && number &&
		 X509_REVOKED_set_serialNumber(rev, number) &&
		 X509_REVOKED_set_revocationDate(rev, when) &&
		 X509_CRL_add0_revoked(crl, rev);

	if (!ok)
		X509_REVOKED_free(rev);
	ASN1_INTEGER_free(number);
	ASN1_TIME_free(when);
	BN_free(bn);
	return ok;
}

/* RFC 5280 5.2.1, 5.2.3: authority key id and CRL number. */
static int extend(X509_CRL *crl, X509 *issuer, int64_t now_s)
{
	AUTHORITY_KEYID *akid = AUTHORITY_KEYID_new();
	ASN1_INTEGER *number = ASN1_INTEGER_new();
	const ASN1_OCTET_STRING *skid = X509_get0_subject_key_id(issuer);
	int ok = akid && number && skid && ASN1_INTEGER_set_int64(number, now_s);

	if (ok)
		akid->keyid = ASN1_OCTET_STRING_dup(skid);
	ok = ok && akid->keyid &&
	     X509_CRL_add1_ext_i2d(crl, NID_authority_key_identifier, akid, 0, 0) &&
	     X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
	AUTHORITY_KEYID_free(akid);
	ASN1_INTEGER_free(number);
	return ok;
}

struct result ca_crl(const struct ca *ca, const uint8_t (*serials)[16],
		     size_t n, int64_t now_s, uint8_t **ret_der,
		     size_t *ret_len, struct err *reterr)
{
	X509_CRL *crl = X509_CRL_new();
	uint8_t *der = NULL;
	int len = -1;
	int ok = crl && X509_CRL_set_version(crl, X509_CRL_VERSION_2) &&
		 X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca->cert)) &&
		 set_times(crl, now_s);

	for (size_t i = 0; ok && i < n; i++)
		ok = revoke(crl, serials[i], now_s);
	ok = ok && extend(crl, ca->cert, now_s) && X509_CRL_sort(crl) &&
	     X509_CRL_sign(crl, ca->key, EVP_sha256()) > 0;
	if (ok)
		len = i2d_X509_CRL(crl, &der);
	X509_CRL_free(crl);
	if (len <= 0)
		return openssl_failed(reterr, "cannot make a CRL");
	*ret_der = der;
	*ret_len = (size_t)len;
	return RESULT_OK;
}
