/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 5280 path validation by OpenSSL, with its defaults that do not suit
 * SPIFFE replaced. For lib/spiffe alone. ctx: any. */
#ifndef SVIDWRAP_SPIFFE_SVID_PATH_INTERNAL_H
#define SVIDWRAP_SPIFFE_SVID_PATH_INTERNAL_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "base/err.h"
#include "spiffe/svid_bundle_internal.h"

/* Sets a bundle's store up, once. false: out of memory. */
bool svid_path_prepare(X509_STORE *store);

/* Is there a path from an anchor of the bundle to leaf? untrusted and crls may
 * be NULL. errors: ERR_CERT_CHAIN, _EXPIRED, _NOT_YET, _REVOKED, ERR_NOMEM,
 * with the alert. */
struct result svid_path_verify(const struct svid_bundle *bundle, X509 *leaf,
			       STACK_OF(X509) *untrusted, STACK_OF(X509_CRL) *crls, int64_t now_s,
			       struct err *reterr);

#endif
