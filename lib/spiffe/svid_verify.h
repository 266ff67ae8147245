/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is this chain an X.509-SVID that our bundles vouch for? (X509-SVID.md 5,
 * SPIFFE_Trust_Domain_and_Bundle.md, RFC 5280.) Only the bundle of the peer's
 * own trust domain counts. Knows OpenSSL: used by lib/tls and tests only.
 */
#ifndef SVIDWRAP_SPIFFE_SVID_VERIFY_H
#define SVIDWRAP_SPIFFE_SVID_VERIFY_H

#include <openssl/x509.h>

#include "spiffe/svid_snapshot.h"

/* Who the peer proved to be. */
struct svid_peer {
	struct spiffe_id id;
	char serial[SERIAL_HEX_MAX];
	int64_t not_before;
	int64_t not_after;
};

/*
 * leaf       the peer's certificate, borrowed
 * untrusted  what else it sent, borrowed; may be NULL, may contain the leaf
 * now_s      seconds since 1970
 * ret        written when the leaf's SPIFFE ID could be read, even if the chain
 *            then fails, so that events can name who was refused (a claim, not
 *            a proof); ret->id.len is 0 otherwise
 * errors     ERR_CERT_*; reterr->tls_alert is the alert RFC 8446 6.2 asks for
 * ctx        any (allocates)
 */
struct result svid_verify_peer(const struct svid_snapshot *s, X509 *leaf,
			       STACK_OF(X509) *untrusted, int64_t now_s,
			       struct svid_peer *ret, struct err *reterr);

#endif
