/* SPDX-License-Identifier: Apache-2.0 */
#include "ca.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ca_internal.h"
#include "pem.h"

#define CA_LIFE_S (365 * 24 * 3600L)

struct result openssl_failed(struct err *reterr, const char *what)
{
	char text[160] = "no reason given";
	unsigned long e = ERR_peek_last_error();

	if (e)
		ERR_error_string_n(e, text, sizeof text);
	ERR_clear_error();
	return FAIL(reterr, ERR_NOMEM, "%s: OpenSSL: %s", what, text);
}

int serial_random(uint8_t serial[16])
{
	if (RAND_bytes(serial, 16) != 1)
		return 0;
	/* RFC 5280 4.1.2.2: positive. The second bit keeps all 16 bytes. */
	serial[0] = (serial[0] & 0x7f) | 0x40;
	return 1;
}

int cert_begin(X509 *cert, const uint8_t serial[16], int64_t not_before,
	       int64_t not_after)
{
	X509_NAME *name = X509_get_subject_name(cert);
	BIGNUM *bn = BN_bin2bn(serial, 16, NULL);
	int ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) &&
		 X509_set_version(cert, X509_VERSION_3) &&
		 ASN1_TIME_set(X509_getm_notBefore(cert), not_before) &&
		 ASN1_TIME_set(X509_getm_notAfter(cert), not_after) &&
		 X509_NAME_add_entry_by_txt(name, "C", MBSTRING_ASC,
					    (const uint8_t *)"US", -1, -1, 0) &&
		 X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC,
					    (const uint8_t *)ORGANIZATION, -1,
					    -1, 0);

	BN_free(bn);
	return ok;
}

/* Another subject than what it issues: a leaf that looks self-issued makes others verify it twice. */
static int name_authority(X509_NAME *name)
{
	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const uint8_t *)"authority",
					  -1, -1, 0);
}

int cert_extend(X509 *cert, X509 *issuer, const struct extension *ext, size_t n)
{
	X509V3_CTX ctx;
	int ok = 1;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
	for (size_t i = 0; ok && i < n; i++) {
		X509_EXTENSION *e;

		if (!ext[i].value)
			continue;
		e = X509V3_EXT_nconf_nid(NULL, &ctx, ext[i].nid, ext[i].value);
		ok = e && X509_add_ext(cert, e, -1);
		X509_EXTENSION_free(e);
	}
	return ok;
}

/* X509-SVID.md 3.2, 4.1, 4.3: a signing certificate names the trust domain
 * without a path, has cA TRUE, and a critical keyUsage with keyCertSign. */
static int fill_root(struct ca *ca, const char *td)
{
	char san[32 + TRUST_DOMAIN_MAX];
	const struct extension ext[] = {
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_subject_alt_name, san },
	};
	int64_t now = time(NULL);
	uint8_t serial[16];

	snprintf(san, sizeof san, "URI:spiffe://%s", td);
	return serial_random(serial) &&
	       cert_begin(ca->cert, serial, now - 10, now + CA_LIFE_S) &&
	       name_authority(X509_get_subject_name(ca->cert)) &&
	       X509_set_issuer_name(ca->cert, X509_get_subject_name(ca->cert)) &&
	       X509_set_pubkey(ca->cert, ca->key) &&
	       cert_extend(ca->cert, ca->cert, ext, sizeof ext / sizeof *ext) &&
	       X509_sign(ca->cert, ca->key, EVP_sha256()) > 0;
}

static int keep_der(struct ca *ca)
{
	int n = i2d_X509(ca->cert, &ca->der);

	ca->der_len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

struct result ca_new(const char *td, struct ca **ret, struct err *reterr)
{
	AUTO_FREE(ca) ca = calloc(1, sizeof *ca);

	if (!ca)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	ca->key = EVP_EC_gen("P-256");
	ca->cert = X509_new();
	if (!ca->key || !ca->cert || !fill_root(ca, td) || !keep_der(ca))
		return openssl_failed(reterr, "cannot make the CA");
	*ret = STEAL(ca);
	return RESULT_OK;
}

void ca_free(struct ca *ca)
{
	if (!ca)
		return;
	X509_free(ca->cert);
	EVP_PKEY_free(ca->key);
	OPENSSL_free(ca->der);
	free(ca);
}

struct bytes ca_bundle(const struct ca *ca)
{
	return (struct bytes){ ca->der, ca->der_len };
}

static struct result check_fit(const struct ca *ca, const char *td,
			       const char *dir, struct err *reterr)
{
	GENERAL_NAMES *san = X509_get_ext_d2i(ca->cert, NID_subject_alt_name,
					      NULL, NULL);
	const GENERAL_NAME *gn = sk_GENERAL_NAME_num(san) == 1
					 ? sk_GENERAL_NAME_value(san, 0)
					 : NULL;
	char want[16 + TRUST_DOMAIN_MAX];
	bool same = false;

	snprintf(want, sizeof want, "spiffe://%s", td);
	if (gn && gn->type == GEN_URI) {
		const ASN1_STRING *uri = gn->d.uniformResourceIdentifier;

		same = (size_t)ASN1_STRING_length(uri) == strlen(want) &&
		       memcmp(ASN1_STRING_get0_data(uri), want, strlen(want)) == 0;
	}
	sk_GENERAL_NAME_pop_free(san, GENERAL_NAME_free);
	if (!same)
		return FAIL(reterr, ERR_PARSE,
			    "%s holds the CA of another trust domain than %s; use another --ca-dir",
			    dir, td);
	if (X509_check_private_key(ca->cert, ca->key) != 1)
		return FAIL(reterr, ERR_PARSE,
			    "%s: ca-key.pem is not the key of bundle.pem; delete both",
			    dir);
	if (X509_cmp_current_time(X509_get0_notAfter(ca->cert)) <= 0)
		return FAIL(reterr, ERR_PARSE,
			    "%s: the CA has expired; delete bundle.pem and ca-key.pem",
			    dir);
	return RESULT_OK;
}

static struct result check_mode(FILE *f, const char *path, struct err *reterr)
{
	struct stat st;

	if (fstat(fileno(f), &st) < 0)
		return FAIL_SYS(reterr, ERR_IO, errno, "%s: %s", path,
				strerror(errno));
	if (st.st_mode & 077)
		return FAIL(reterr, ERR_FILE_TRUST,
			    "%s: others can read it; chmod 600 it", path);
	return RESULT_OK;
}

static struct result load(const char *key_path, const char *cert_path,
			  struct ca *ca, struct err *reterr)
{
	FILE *cert = fopen(cert_path, "re");
	FILE *key = fopen(key_path, "re");
	struct result r = RESULT_OK;

	if (!cert || !key)
		r = FAIL_SYS(reterr, ERR_IO, errno, "cannot read %s: %s",
			     cert ? key_path : cert_path, strerror(errno));
	else
		r = check_mode(key, key_path, reterr);
	if (!failed(r)) {
		ca->cert = PEM_read_X509(cert, NULL, NULL, NULL);
		ca->key = PEM_read_PrivateKey(key, NULL, NULL, NULL);
		if (!ca->cert || !ca->key || !keep_der(ca)) {
			ERR_clear_error();
			r = FAIL(reterr, ERR_PARSE,
				 "%s: cannot be read as PEM; delete %s and %s",
				 ca->cert ? key_path : cert_path, cert_path,
				 key_path);
		}
	}
	if (cert)
		fclose(cert);
	if (key)
		fclose(key);
	return r;
}

static struct result save(const struct ca *ca, const char *key_path,
			  const char *cert_path, struct err *reterr)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(ca->key);
	uint8_t *der = NULL;
	int n = p8 ? i2d_PKCS8_PRIV_KEY_INFO(p8, &der) : -1;
	struct result r;

	PKCS8_PRIV_KEY_INFO_free(p8);
	if (n <= 0)
		return openssl_failed(reterr, "cannot write the CA's key");
	r = pem_write(key_path, 0600, "PRIVATE KEY",
		      (struct bytes){ der, (size_t)n }, reterr);
	OPENSSL_clear_free(der, (size_t)n);
	if (failed(r))
		return r;
	/* Last: where the certificate is, the key is. */
	return pem_write(cert_path, 0644, "CERTIFICATE", ca_bundle(ca), reterr);
}

struct result ca_open(const char *dir, const char *td, struct ca **ret,
		      struct err *reterr)
{
	AUTO_FREE(ca) ca = NULL;
	AUTO_MALLOC char *cert_path = path_join(dir, "bundle.pem");
	AUTO_MALLOC char *key_path = path_join(dir, "ca-key.pem");
	struct result r = dir_make(dir, reterr);

	if (failed(r))
		return r;
	if (!cert_path || !key_path)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	if (access(cert_path, F_OK) < 0) {
		r = ca_new(td, &ca, reterr);
		if (!failed(r))
			r = save(ca, key_path, cert_path, reterr);
	} else {
		ca = calloc(1, sizeof *ca);
		r = ca ? load(key_path, cert_path, ca, reterr)
		       : FAIL(reterr, ERR_NOMEM, "out of memory");
		if (!failed(r))
			r = check_fit(ca, td, dir, reterr);
	}
	if (!failed(r))
		*ret = STEAL(ca);
	return r;
}
