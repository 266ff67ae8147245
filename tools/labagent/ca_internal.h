/* SPDX-License-Identifier: Apache-2.0 */
/* What ca.c, svid.c and crl.c share. */
#ifndef SVIDWRAP_LABAGENT_CA_INTERNAL_H
#define SVIDWRAP_LABAGENT_CA_INTERNAL_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "ca.h"

#define ORGANIZATION "svidwrap lab agent"

struct ca {
	X509 *cert;
	EVP_PKEY *key;
	uint8_t *der;
	size_t der_len;
};

/* One extension as openssl's configuration language writes it. */
struct extension {
	int nid;
	const char *value; /* NULL: leave it out */
};

/* "OpenSSL: <its last complaint>" and clears its queue. */
struct result openssl_failed(struct err *reterr, const char *what);

/* Serial, both times and the subject C=US, O=ORGANIZATION. */
int cert_begin(X509 *cert, const uint8_t serial[16], int64_t not_before,
	       int64_t not_after);
/* A random positive serial number. */
int serial_random(uint8_t serial[16]);
/* issuer: for the authority key id; may be cert itself. */
int cert_extend(X509 *cert, X509 *issuer, const struct extension *ext,
		size_t n);

#endif
