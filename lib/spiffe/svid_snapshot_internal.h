/* SPDX-License-Identifier: Apache-2.0 */
/* OpenSSL's view of a snapshot, for lib/spiffe and lib/tls alone. */
#ifndef SVIDWRAP_SPIFFE_SVID_SNAPSHOT_INTERNAL_H
#define SVIDWRAP_SPIFFE_SVID_SNAPSHOT_INTERNAL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "spiffe/svid_snapshot.h"

/* The default SVID's parts; borrowed, live as long as s. */
X509 *svid_snapshot_leaf(const struct svid_snapshot *s);
STACK_OF(X509) *svid_snapshot_chain(const struct svid_snapshot *s); /* without the leaf */
EVP_PKEY *svid_snapshot_key(const struct svid_snapshot *s);

/* For lib/spiffe alone. td: lower case; NULL if there is no such bundle.
 * Borrowed. */
struct svid_bundle;
const struct svid_bundle *svid_snapshot_bundle(const struct svid_snapshot *s, const char *td);
STACK_OF(X509_CRL) *svid_snapshot_crls(const struct svid_snapshot *s);

#endif
