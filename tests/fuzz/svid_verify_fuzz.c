/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hostile DER, as agent and peer could send it. The input is a list of fields,
 * each a 16-bit big-endian length and as many bytes: an SVID's spiffe_id,
 * chain, key and bundle, then a CRL, a federated bundle, the peer's chain. What
 * is missing is empty. Nothing crashes, and who is accepted obeys the rules
 * that can be told without OpenSSL's path validation.
 */
#include "spiffe/svid_verify.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "spiffe/svid_snapshot_internal.h"

#define NOW INT64_C(1893456000)

enum { ID, CHAIN, KEY, BUNDLE, CRL, FEDERATED, PEER, FIELDS };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* Each field is a copy of its own size, so that one byte too far is seen. */
static struct bytes next_field(const uint8_t **data, size_t *size)
{
	size_t len = 0;
	uint8_t *copy;

	if (*size >= 2) {
		len = (size_t)((*data)[0] << 8 | (*data)[1]);
		*data += 2;
		*size -= 2;
	}
	if (len > *size)
		len = *size;
	copy = malloc(len ? len : 1);
	require(copy != NULL);
	if (len)
		memcpy(copy, *data, len);
	*data += len;
	*size -= len;
	return (struct bytes){ copy, len };
}

/* tests/fuzz/neg_svid_verify_fuzz.c is mistaken about what is accepted. */
#ifndef MAY_BE_ACCEPTED
#define MAY_BE_ACCEPTED(leaf) \
	(!(X509_get_extension_flags(leaf) & EXFLAG_CA) && \
	 (X509_get_key_usage(leaf) & (KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN | KU_CRL_SIGN)) == \
		 KU_DIGITAL_SIGNATURE)
#endif

static void check_accepted(const struct svid_snapshot *s, X509 *leaf,
			   const struct svid_peer *peer)
{
	char td[TRUST_DOMAIN_MAX + 1];

	spiffe_id_trust_domain(&peer->id, td);
	require(*spiffe_id_path(&peer->id));
	require(svid_snapshot_authorities(s, td) > 0);
	require(peer->not_before <= NOW && NOW <= peer->not_after);
	require(MAY_BE_ACCEPTED(leaf));
}

static void verify(const struct svid_snapshot *s, struct bytes chain)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	const unsigned char *p = chain.data;
	struct svid_peer peer = { 0 };
	struct err err = { 0 };
	X509 *cert;

	require(certs != NULL);
	while ((cert = d2i_X509(NULL, &p, (long)(chain.data + chain.len - p))))
		require(sk_X509_push(certs, cert) > 0);
	cert = sk_X509_value(certs, 0);
	if (failed(svid_verify_peer(s, cert, certs, NOW, &peer, &err)))
		require(err.text[0] && err.tls_alert > 0);
	else
		check_accepted(s, cert, &peer);
	sk_X509_pop_free(certs, X509_free);
}

static void check_snapshot(const struct svid_snapshot *s)
{
	require(svid_snapshot_count(s) == 1 && svid_snapshot_leaf(s) && svid_snapshot_key(s));
	require(*spiffe_id_path(&svid_snapshot_info(s, 0)->id));
	for (size_t i = 0; svid_snapshot_trust_domain(s, i); i++)
		require(svid_snapshot_authorities(s, svid_snapshot_trust_domain(s, i)) <= 1024);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes f[FIELDS];
	struct svid_snapshot *s = NULL;
	struct err err = { 0 };
	char *id;

	for (int i = 0; i < FIELDS; i++)
		f[i] = next_field(&data, &size);
	id = strndup((const char *)f[ID].data, f[ID].len);
	require(id != NULL);

	const struct svid_der svid = { id, f[CHAIN], f[KEY], f[BUNDLE], NULL };
	const struct federated_der partner = { "partner.example", f[FEDERATED] };
	const struct svid_response in = { &svid, 1, &f[CRL], f[CRL].len > 0, &partner, 1 };

	if (failed(svid_snapshot_build(&in, NOW, &s, &err))) {
		require(!s && err.text[0]);
	} else {
		check_snapshot(s);
		verify(s, f[PEER]);
	}
	svid_snapshot_unref(s);
	free(id);
	for (int i = 0; i < FIELDS; i++)
		free((void *)f[i].data);
	return 0;
}
