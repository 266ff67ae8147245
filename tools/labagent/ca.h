/* SPDX-License-Identifier: Apache-2.0 */
/* The lab's certificate authority: a self-signed P-256 root of one trust domain,
 * and what it signs. */
#ifndef SVIDWRAP_LABAGENT_CA_H
#define SVIDWRAP_LABAGENT_CA_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "spiffe/spiffe_id.h"
#include "spiffe/svid_snapshot.h"

struct ca;

/* A new authority, in memory alone. td: NUL-terminated trust domain. */
struct result ca_new(const char *td, struct ca **ret, struct err *reterr);

/* The authority that dir holds (bundle.pem and ca-key.pem, the key readable by
 * its owner alone); made there if dir holds none. errors: ERR_FILE_TRUST if others
 * can read the key, ERR_PARSE if the pair does not fit td or has expired. */
struct result ca_open(const char *dir, const char *td, struct ca **ret,
		      struct err *reterr);
/* Takes NULL. */
void ca_free(struct ca *ca);
DEFINE_CLEANUP(ca, ca_free)

/* The root in DER; borrowed. */
struct bytes ca_bundle(const struct ca *ca);

/* A certificate, its key, and what its issuer says of them. */
struct svid {
	struct spiffe_id id; /* of the entry; what the message says */
	uint8_t *chain;      /* DER, the leaf alone; owned */
	size_t chain_len;
	uint8_t *key;        /* PKCS#8 DER; owned, cleansed when freed */
	size_t key_len;
	int64_t not_before; /* seconds since 1970 */
	int64_t not_after;
	uint8_t serial[16];
	char serial_hex[SERIAL_HEX_MAX];
	uint32_t faults; /* that were built in, and those of the message */
};

/* How long before now_s an SVID of that life begins: 10 s as with SPIRE, less
 * for very short lives, of which it would be more than the half. */
int64_t ca_backdate_s(int64_t ttl_s);

/*
 * A fresh P-256 key and a leaf for id, valid for ttl_s from now_s.
 * foreign    signs instead if FAULT_FOREIGN_CA is in faults
 * faults     fault_mask()
 * ret        clear it with svid_clear
 */
struct svid_order {
	const struct spiffe_id *id;
	const struct ca *ca;
	const struct ca *foreign;
	int64_t now_s;
	int64_t ttl_s;
	uint32_t faults;
};

struct result svid_issue(const struct svid_order *order, struct svid *ret,
			 struct err *reterr);
void svid_clear(struct svid *s);

/* A CRL that revokes n serials of 16 bytes each. ret_der: OPENSSL_free it. */
struct result ca_crl(const struct ca *ca, const uint8_t (*serials)[16],
		     size_t n, int64_t now_s, uint8_t **ret_der,
		     size_t *ret_len, struct err *reterr);

#endif
