/* SPDX-License-Identifier: Apache-2.0 */
/* The CA and everything it has made in this run. */
#ifndef SVIDWRAP_LABAGENT_ISSUER_H
#define SVIDWRAP_LABAGENT_ISSUER_H

#include "base/cleanup.h"
#include "ca.h"
#include "options.h"

struct foreign_bundle {
	char key[16 + TRUST_DOMAIN_MAX]; /* "spiffe://partner.example" */
	uint8_t *der;
	size_t len;
};

struct issuer {
	const struct options *opt; /* borrowed */
	struct ca *ca;
	struct ca *foreign; /* of FAULT_FOREIGN_CA */
	struct svid *svids; /* one an entry, in their order */
	struct foreign_bundle *federated;
	size_t n_federated;
	uint8_t (*revoked)[16]; /* of FAULT_CRL */
	size_t n_revoked;
	uint8_t *crl; /* DER; NULL without FAULT_CRL */
	size_t crl_len;
};

/* Everything that is made at start, files included. */
struct result issuer_new(const struct options *opt, struct issuer **ret,
			 struct err *reterr);
/* Takes NULL. */
void issuer_free(struct issuer *is);
DEFINE_CLEANUP(issuer, issuer_free)

/* Issues all entries' SVIDs anew; all or none. */
struct result issuer_renew(struct issuer *is, struct err *reterr);

#endif
