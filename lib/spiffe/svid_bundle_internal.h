/* SPDX-License-Identifier: Apache-2.0 */
/* The bundles of a snapshot by trust domain. They are never pooled
 * (SPIFFE_Federation.md 7.3). For lib/spiffe alone. ctx: any. */
#ifndef SVIDWRAP_SPIFFE_SVID_BUNDLE_INTERNAL_H
#define SVIDWRAP_SPIFFE_SVID_BUNDLE_INTERNAL_H

#include <openssl/x509.h>

/* A failed insertion is an error to report, not a reason to exit. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/err.h"
#include "spiffe/spiffe_id.h"
#include "spiffe/svid_snapshot.h"

struct svid_bundle {
	char trust_domain[TRUST_DOMAIN_MAX + 1]; /* the key */
	STACK_OF(X509) *anchors; /* admitted authorities; possibly none */
	int refused;		 /* certificates that were not admitted */
	X509_STORE *store;	 /* anchors, prepared by svid_path_prepare */
	UT_hash_handle hh;
};

/*
 * Adds a trust domain's bundle to the table. The same bundle twice is one; two
 * different ones of one trust domain are refused, since to choose or to merge
 * would both be a guess. errors: ERR_PARSE, ERR_NOMEM.
 */
struct result svid_bundle_add(struct svid_bundle **table, const char *trust_domain,
			      struct bytes der, struct err *reterr);
struct svid_bundle *svid_bundle_find(struct svid_bundle *table, const char *trust_domain);
void svid_bundle_sort(struct svid_bundle **table);
void svid_bundle_free_all(struct svid_bundle **table);

#endif
