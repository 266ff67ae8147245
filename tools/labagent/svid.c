/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves, right ones and wrong ones. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "ca_internal.h"
#include "fault.h"

#define HOUR 3600

int64_t ca_backdate_s(int64_t ttl_s)
{
	return ttl_s >= 100 ? 10 : ttl_s / 10;
}

static void choose_times(const struct svid_order *o, struct svid *s)
{
	s->not_before = o->now_s - ca_backdate_s(o->ttl_s);
	s->not_after = o->now_s + o->ttl_s;
	if (o->faults & FAULT_EXPIRED) {
		s->not_before = o->now_s - 2 * HOUR;
		s->not_after = o->now_s - HOUR;
	} else if (o->faults & FAULT_NOT_YET_VALID) {
		s->not_before = o->now_s + HOUR;
		s->not_after = o->now_s + 2 * HOUR;
	}
}

static void choose_san(const struct svid_order *o, char *buf, size_t cap)
{
	char td[TRUST_DOMAIN_MAX + 1];

	spiffe_id_trust_domain(o->id, td);
	if (o->faults & FAULT_NO_URI)
		snprintf(buf, cap, "DNS:no-uri.example");
	else if (o->faults & FAULT_ROOT_PATH)
		snprintf(buf, cap, "URI:spiffe://%s", td);
	else if (o->faults & FAULT_WRONG_ID)
		snprintf(buf, cap, "URI:spiffe://%s/wrong-id", td);
	else if (o->faults & FAULT_TWO_URIS)
		snprintf(buf, cap, "URI:%s,URI:spiffe://%s/second", o->id->uri,
			 td);
	else
		snprintf(buf, cap, "URI:%s", o->id->uri);
}

static const char *choose_key_usage(uint32_t faults)
{
	if (faults & FAULT_NO_KEYUSAGE)
		return NULL;
	if (faults & FAULT_NONCRITICAL_KEYUSAGE)
		return "digitalSignature";
	if (faults & FAULT_KEYCERTSIGN_LEAF)
		return "critical,digitalSignature,keyCertSign";
	return "critical,digitalSignature";
}

/* X509-SVID.md 2, 4.1, 4.3, 4.4: what a leaf must have, unless told otherwise.
 * keyAgreement and keyEncipherment are for RSA and static ECDH: not needed. */
static int fill_leaf(const struct svid_order *o, const struct ca *ca,
		     EVP_PKEY *key, struct svid *s, X509 *cert)
{
	char san[SPIFFE_ID_MAX + TRUST_DOMAIN_MAX + 64];
	const struct extension ext[] = {
		{ NID_key_usage, choose_key_usage(o->faults) },
		{ NID_ext_key_usage, o->faults & FAULT_EKU_SERVER_ONLY
					     ? "serverAuth"
					     : "serverAuth,clientAuth" },
		{ NID_basic_constraints, o->faults & FAULT_CA_LEAF
						 ? "critical,CA:TRUE"
						 : "critical,CA:FALSE" },
		{ NID_subject_key_identifier, "hash" },
		{ NID_authority_key_identifier, "keyid:always" },
		{ NID_subject_alt_name, san },
	};

	choose_san(o, san, sizeof san);
	return cert_begin(cert, s->serial, s->not_before, s->not_after) &&
	       X509_set_issuer_name(cert, X509_get_subject_name(ca->cert)) &&
	       X509_set_pubkey(cert, key) &&
	       cert_extend(cert, ca->cert, ext, sizeof ext / sizeof *ext) &&
	       X509_sign(cert, ca->key, EVP_sha256()) > 0;
}

static int encode_key(EVP_PKEY *key, struct svid *s)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
	int n = p8 ? i2d_PKCS8_PRIV_KEY_INFO(p8, &s->key) : -1;

	PKCS8_PRIV_KEY_INFO_free(p8);
	s->key_len = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static int encode(X509 *cert, EVP_PKEY *key, struct svid *s)
{
	EVP_PKEY *other = NULL;
	int n = i2d_X509(cert, &s->chain);
	int ok;

	s->chain_len = n > 0 ? (size_t)n : 0;
	if (s->faults & FAULT_WRONG_KEY)
		key = other = EVP_EC_gen("P-256");
	ok = n > 0 && key && encode_key(key, s);
	EVP_PKEY_free(other);
	if (s->faults & FAULT_NO_CHAIN)
		s->chain_len = 0;
	if (s->faults & FAULT_NO_KEY) {
		OPENSSL_cleanse(s->key, s->key_len);
		s->key_len = 0;
	}
	return ok;
}

static void print_serial(struct svid *s)
{
	for (size_t i = 0; i < sizeof s->serial; i++)
		snprintf(s->serial_hex + 2 * i, 3, "%02x", s->serial[i]);
}

struct result svid_issue(const struct svid_order *order, struct svid *ret,
			 struct err *reterr)
{
	const struct ca *ca = order->faults & FAULT_FOREIGN_CA ? order->foreign
							       : order->ca;
	struct svid s = { .id = *order->id, .faults = order->faults };
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	int ok;

	choose_times(order, &s);
	ok = key && cert && serial_random(s.serial) &&
	     fill_leaf(order, ca, key, &s, cert) && encode(cert, key, &s);
	X509_free(cert);
	EVP_PKEY_free(key);
	if (!ok) {
		svid_clear(&s);
		return openssl_failed(reterr, "cannot issue an SVID");
	}
	print_serial(&s);
	*ret = s;
	return RESULT_OK;
}

void svid_clear(struct svid *s)
{
	OPENSSL_free(s->chain);
	OPENSSL_clear_free(s->key, s->key_len);
	*s = (struct svid){ 0 };
}
