/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/key_schedule.h"

#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define LABEL_PREFIX "tls13 "
#define LABEL_MAX 255 /* RFC 8446 7.1: opaque label<7..255> */

/* RFC 8446 B.4 */
static const struct suite_info suites[] = {
	{ TLS_AES_128_GCM_SHA256, "TLS_AES_128_GCM_SHA256", "SHA256", 32, 16,
	  EVP_aes_128_gcm },
	{ TLS_AES_256_GCM_SHA384, "TLS_AES_256_GCM_SHA384", "SHA384", 48, 32,
	  EVP_aes_256_gcm },
	{ TLS_CHACHA20_POLY1305_SHA256, "TLS_CHACHA20_POLY1305_SHA256", "SHA256",
	  32, 32, EVP_chacha20_poly1305 },
};

const struct suite_info *suite_info_get(unsigned suite)
{
	for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
		if (suites[i].suite == suite)
			return &suites[i];
	return NULL;
}

const char *tls_suite_name(unsigned suite)
{
	const struct suite_info *s = suite_info_get(suite);

	return s ? s->name : NULL;
}

/* RFC 8446 7.1, struct HkdfLabel with an empty context. Returns its length, 0
 * if the label does not fit. */
static size_t hkdf_label(uint8_t info[2 + 1 + LABEL_MAX + 1], const char *label,
			 size_t out_len)
{
	size_t n = strlen(label), prefix = strlen(LABEL_PREFIX), at = 0;

	if (n == 0 || n > LABEL_MAX - prefix || out_len > UINT16_MAX)
		return 0;
	info[at++] = (uint8_t)(out_len >> 8);
	info[at++] = (uint8_t)out_len;
	info[at++] = (uint8_t)(prefix + n);
	memcpy(info + at, LABEL_PREFIX, prefix);
	at += prefix;
	memcpy(info + at, label, n);
	at += n;
	info[at++] = 0;
	return at;
}

static int expand(EVP_KDF_CTX *kdf, const struct suite_info *suite,
		  const uint8_t *secret, uint8_t *info, size_t info_len,
		  uint8_t *out, size_t out_len)
{
	int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
						 (char *)suite->digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
						  (void *)secret,
						  suite->secret_len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info,
						  info_len),
		OSSL_PARAM_END,
	};

	return EVP_KDF_derive(kdf, out, out_len, params) == 1;
}

struct result hkdf_expand_label(const struct suite_info *suite,
				const uint8_t *secret, const char *label,
				uint8_t *out, size_t out_len,
				struct err *reterr)
{
	uint8_t info[2 + 1 + LABEL_MAX + 1], okm[SECRET_MAX];
	size_t info_len = hkdf_label(info, label, out_len);
	struct result r = RESULT_OK;
	EVP_KDF_CTX *ctx = NULL;
	EVP_KDF *kdf;

	if (info_len == 0 || out_len == 0 || out_len > sizeof okm)
		return FAIL(reterr, ERR_TLS, "HKDF label or length out of range");
	kdf = EVP_KDF_fetch(NULL, OSSL_KDF_NAME_HKDF, NULL);
	if (kdf)
		ctx = EVP_KDF_CTX_new(kdf);
	if (!ctx)
		r = FAIL(reterr, ERR_NOMEM, "no memory for key derivation");
	else if (!expand(ctx, suite, secret, info, info_len, okm, out_len))
		r = FAIL(reterr, ERR_TLS, "cannot derive \"%s\"", label);
	else
		memcpy(out, okm, out_len);
	OPENSSL_cleanse(okm, sizeof okm);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	if (failed(r))
		ERR_clear_error();
	return r;
}
