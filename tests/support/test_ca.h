/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate authority for tests, in the process: every knob of a
 * certificate that a test may want to get wrong. Values of extensions are in
 * OpenSSL's configuration syntax ("critical,CA:TRUE"); NULL leaves the
 * extension out. Nothing here fails softly: what cannot be made aborts.
 */
#ifndef SVIDWRAP_TESTS_TEST_CA_H
#define SVIDWRAP_TESTS_TEST_CA_H

#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "spiffe/svid_snapshot.h"

/* The time at which what the default specs make is valid (2030-01-01). For a
 * test that runs at the real time, set not_before and not_after. */
#define TEST_NOW INT64_C(1893456000)
#define TEST_DAY INT64_C(86400)

/* What the default specs use. */
#define TEST_TD "corp.local"
#define TEST_ID "spiffe://corp.local/backend"

enum test_key {
	TEST_P256,
	TEST_P384,
	TEST_P521,
	TEST_P192,	/* too weak */
	TEST_ED25519,
	TEST_RSA1024,	/* too weak */
	TEST_RSA2048,
	TEST_RSA4096,
};

struct test_spec {
	enum test_key key;
	const char *subject;	/* common name; "" is an empty subject */
	const char *san;	/* "URI:spiffe://...,DNS:..." */
	const char *basic;	/* basicConstraints */
	const char *usage;	/* keyUsage */
	const char *eku;	/* extendedKeyUsage */
	const char *names;	/* nameConstraints */
	const char *second_san;	/* one more SAN extension */
	const char *unknown_oid;/* a critical extension that nobody knows */
	int64_t not_before;	/* seconds since 1970 */
	int64_t not_after;
	const char *md;		/* of the signature; NULL: SHA-256, or what the
				 * issuer's key prescribes */
	EVP_PKEY *use_key;	/* certify this key; NULL: a fresh one. Borrowed */
	bool no_key_ids;	/* neither SKI nor AKI */
	bool bad_signature;	/* its last byte is flipped */
	long serial;		/* 0: a fresh one */
};

/* Good in every respect, valid from TEST_NOW - 1 day to TEST_NOW + 30 days. */
struct test_spec test_spec_root(const char *subject);
struct test_spec test_spec_intermediate(const char *subject);
struct test_spec test_spec_leaf(const char *spiffe_id);

/* A certificate and its private key. */
struct test_cert {
	X509 *x509;
	EVP_PKEY *key;
};

/* issuer: NULL is self-signed. The result is freed with test_cert_free. */
struct test_cert *test_cert_new(const struct test_spec *spec,
				const struct test_cert *issuer);
void test_cert_free(struct test_cert *c); /* takes NULL */
DEFINE_CLEANUP(test_cert, test_cert_free)

/* Revokes `revoked` (NULL: nobody). Freed with X509_CRL_free. */
X509_CRL *test_crl_new(const struct test_cert *issuer, X509 *revoked,
		       int64_t last_update, int64_t next_update);

/* Concatenated DER, as the Workload API carries it. buf.data is freed with
 * free((void *)). certs ends with NULL. */
struct bytes test_der_certs(const struct test_cert *const *certs);
struct bytes test_der_key(const struct test_cert *c); /* PKCS#8 */
struct bytes test_der_crl(X509_CRL *crl);

/*
 * The shortest way to a snapshot: the identity of `leaf`, with `chain` beside
 * it and `roots` as bundle of its trust domain; both end with NULL and may be
 * NULL (no intermediates; an empty list is not allowed for roots). More trust
 * domains and CRLs: fill a struct svid_response yourself.
 * One reference. Aborts when svid_snapshot_build refuses.
 */
struct svid_snapshot *test_snapshot(const struct test_cert *leaf,
				    const struct test_cert *const *chain,
				    const struct test_cert *const *roots,
				    int64_t now_s);

#endif
