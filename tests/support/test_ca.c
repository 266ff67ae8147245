/* SPDX-License-Identifier: Apache-2.0 */
#include "test_ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static void must(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "test_ca: %s failed\n", what);
	ERR_print_errors_fp(stderr);
	abort();
}

static void start_openssl(void)
{
	must(OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ATEXIT, NULL),
	     "OPENSSL_init_crypto");
}

struct test_spec test_spec_root(const char *subject)
{
	return (struct test_spec){
		.subject = subject,
		.san = "URI:spiffe://" TEST_TD,
		.basic = "critical,CA:TRUE",
		.usage = "critical,keyCertSign,cRLSign",
		.not_before = TEST_NOW - TEST_DAY,
		.not_after = TEST_NOW + 30 * TEST_DAY,
	};
}

struct test_spec test_spec_intermediate(const char *subject)
{
	return test_spec_root(subject);
}

struct test_spec test_spec_leaf(const char *spiffe_id)
{
	/* A spec is a value, the SAN a pointer: texts live as long as the test. */
	static struct san {
		struct san *next;
		char text[];
	} *sans;
	struct san *s = malloc(sizeof *s + strlen(spiffe_id) + 5);

	must(s != NULL, "malloc");
	sprintf(s->text, "URI:%s", spiffe_id);
	s->next = sans;
	sans = s;
	return (struct test_spec){
		.subject = "workload",
		.san = s->text,
		.basic = "critical,CA:FALSE",
		.usage = "critical,digitalSignature",
		.eku = "serverAuth,clientAuth",
		.not_before = TEST_NOW - TEST_DAY,
		.not_after = TEST_NOW + 30 * TEST_DAY,
	};
}

static EVP_PKEY *key_new(enum test_key kind)
{
	switch (kind) {
	case TEST_P256:
		return EVP_EC_gen("P-256");
	case TEST_P384:
		return EVP_EC_gen("P-384");
	case TEST_P521:
		return EVP_EC_gen("P-521");
	case TEST_P192:
		return EVP_EC_gen("prime192v1");
	case TEST_ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case TEST_RSA1024:
		return EVP_RSA_gen(1024);
	case TEST_RSA2048:
		return EVP_RSA_gen(2048);
	case TEST_RSA4096:
		return EVP_RSA_gen(4096);
	}
	return NULL;
}

static void set_time(ASN1_TIME *t, int64_t at)
{
	must(ASN1_TIME_set(t, (time_t)at) != NULL, "ASN1_TIME_set");
}

static void set_subject(X509 *x, const char *cn)
{
	X509_NAME *name = X509_NAME_new();

	must(name != NULL, "X509_NAME_new");
	if (cn && *cn)
		must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
						(const unsigned char *)cn, -1, -1, 0),
		     "X509_NAME_add_entry_by_txt");
	must(X509_set_subject_name(x, name), "X509_set_subject_name");
	X509_NAME_free(name);
}

static void add_ext(X509 *x, const struct test_cert *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *ext;

	if (!value)
		return;
	X509V3_set_ctx(&ctx, issuer ? issuer->x509 : x, x, NULL, NULL, 0);
	ext = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	must(ext != NULL, value);
	must(X509_add_ext(x, ext, -1), "X509_add_ext");
	X509_EXTENSION_free(ext);
}

static void add_unknown_critical(X509 *x, const char *oid)
{
	static const uint8_t null_der[] = { 0x05, 0x00 };
	ASN1_OBJECT *obj;
	ASN1_OCTET_STRING *val;
	X509_EXTENSION *ext;

	if (!oid)
		return;
	obj = OBJ_txt2obj(oid, 1);
	val = ASN1_OCTET_STRING_new();
	must(obj && val && ASN1_OCTET_STRING_set(val, null_der, sizeof null_der), oid);
	ext = X509_EXTENSION_create_by_OBJ(NULL, obj, 1, val);
	must(ext && X509_add_ext(x, ext, -1), oid);
	X509_EXTENSION_free(ext);
	ASN1_OCTET_STRING_free(val);
	ASN1_OBJECT_free(obj);
}

static void add_extensions(X509 *x, const struct test_spec *spec, const struct test_cert *issuer)
{
	add_ext(x, issuer, NID_basic_constraints, spec->basic);
	add_ext(x, issuer, NID_key_usage, spec->usage);
	add_ext(x, issuer, NID_ext_key_usage, spec->eku);
	add_ext(x, issuer, NID_subject_alt_name, spec->san);
	add_ext(x, issuer, NID_subject_alt_name, spec->second_san);
	add_ext(x, issuer, NID_name_constraints, spec->names);
	add_unknown_critical(x, spec->unknown_oid);
	if (spec->no_key_ids)
		return;
	add_ext(x, issuer, NID_subject_key_identifier, "hash");
	if (issuer && X509_get0_subject_key_id(issuer->x509))
		add_ext(x, issuer, NID_authority_key_identifier, "keyid:always");
}

static const EVP_MD *digest_for(const EVP_PKEY *key, const char *md)
{
	if (EVP_PKEY_is_a(key, "ED25519"))
		return NULL;
	return EVP_get_digestbyname(md ? md : "SHA256");
}

/* The signature is what the DER ends with. */
static X509 *with_bad_signature(X509 *x)
{
	unsigned char *der = NULL;
	const unsigned char *p;
	int len = i2d_X509(x, &der);
	X509 *bad;

	must(len > 0, "i2d_X509");
	der[len - 1] ^= 1;
	p = der;
	bad = d2i_X509(NULL, &p, len);
	must(bad != NULL, "d2i_X509");
	OPENSSL_free(der);
	X509_free(x);
	return bad;
}

static void set_serial(X509 *x, long serial)
{
	static long fresh = 4096;

	must(ASN1_INTEGER_set(X509_get_serialNumber(x), serial ? serial : ++fresh),
	     "ASN1_INTEGER_set");
}

struct test_cert *test_cert_new(const struct test_spec *spec, const struct test_cert *issuer)
{
	struct test_cert *c = calloc(1, sizeof *c);
	EVP_PKEY *signer;

	start_openssl();
	must(c != NULL, "calloc");
	c->key = spec->use_key;
	if (c->key)
		EVP_PKEY_up_ref(c->key);
	else
		c->key = key_new(spec->key);
	must(c->key != NULL, "key generation");
	signer = issuer ? issuer->key : c->key;

	c->x509 = X509_new();
	must(c->x509 && X509_set_version(c->x509, X509_VERSION_3), "X509_new");
	set_serial(c->x509, spec->serial);
	set_time(X509_getm_notBefore(c->x509), spec->not_before);
	set_time(X509_getm_notAfter(c->x509), spec->not_after);
	set_subject(c->x509, spec->subject);
	must(X509_set_issuer_name(c->x509,
				  X509_get_subject_name(issuer ? issuer->x509 : c->x509)),
	     "X509_set_issuer_name");
	must(X509_set_pubkey(c->x509, c->key), "X509_set_pubkey");
	add_extensions(c->x509, spec, issuer);
	must(X509_sign(c->x509, signer, digest_for(signer, spec->md)), "X509_sign");
	if (spec->bad_signature)
		c->x509 = with_bad_signature(c->x509);
	return c;
}

void test_cert_free(struct test_cert *c)
{
	if (!c)
		return;
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	free(c);
}

X509_CRL *test_crl_new(const struct test_cert *issuer, X509 *revoked, int64_t last_update,
		       int64_t next_update)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_new();

	must(crl && t && X509_CRL_set_version(crl, X509_CRL_VERSION_2), "X509_CRL_new");
	must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x509)),
	     "X509_CRL_set_issuer_name");
	set_time(t, last_update);
	must(X509_CRL_set1_lastUpdate(crl, t), "X509_CRL_set1_lastUpdate");
	if (revoked) {
		X509_REVOKED *r = X509_REVOKED_new();

		must(r && X509_REVOKED_set_serialNumber(r, X509_get_serialNumber(revoked)) &&
			     X509_REVOKED_set_revocationDate(r, t) && X509_CRL_add0_revoked(crl, r),
		     "X509_CRL_add0_revoked");
	}
	set_time(t, next_update);
	must(X509_CRL_set1_nextUpdate(crl, t), "X509_CRL_set1_nextUpdate");
	must(X509_CRL_sort(crl), "X509_CRL_sort");
	must(X509_CRL_sign(crl, issuer->key, digest_for(issuer->key, NULL)), "X509_CRL_sign");
	ASN1_TIME_free(t);
	return crl;
}
