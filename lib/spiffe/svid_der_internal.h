/* SPDX-License-Identifier: Apache-2.0 */
/* The Workload API's encodings to OpenSSL's objects (SPIFFE_Workload_API.md
 * 5.1). For lib/spiffe alone. All input is hostile: every byte must be used,
 * sizes and counts are bounded. errors: ERR_PARSE, ERR_NOMEM. ctx: any. */
#ifndef SVIDWRAP_SPIFFE_SVID_DER_INTERNAL_H
#define SVIDWRAP_SPIFFE_SVID_DER_INTERNAL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/err.h"
#include "spiffe/svid_snapshot.h"

#define SVID_CHAIN_MAX 16    /* certificates, with the leaf */
#define SVID_BUNDLE_MAX 1024 /* certificates */

/* Concatenated certificates, possibly none; `what` names the field. The stack
 * is the caller's. */
struct result svid_der_certs(struct bytes der, int max, const char *what, STACK_OF(X509) **ret,
			     struct err *reterr);
/* An unencrypted PKCS#8 key. */
struct result svid_der_key(struct bytes der, EVP_PKEY **ret, struct err *reterr);
struct result svid_der_crl(struct bytes der, X509_CRL **ret, struct err *reterr);

#endif
