/* SPDX-License-Identifier: Apache-2.0 */
/* What a snapshot is made of, for svid_snapshot*.c alone. */
#ifndef SVIDWRAP_SPIFFE_SVID_SNAPSHOT_BUILD_INTERNAL_H
#define SVIDWRAP_SPIFFE_SVID_SNAPSHOT_BUILD_INTERNAL_H

#include <stdatomic.h>

#include "spiffe/svid_bundle_internal.h"
#include "spiffe/svid_snapshot_internal.h"

struct svid {
	struct svid_info info;
	X509 *leaf;
	STACK_OF(X509) *chain; /* without the leaf */
	EVP_PKEY *key;
};

struct svid_snapshot {
	atomic_uint refs;
	uint64_t serial;
	size_t n; /* of svids; at least 1 once built */
	struct svid *svids;
	struct svid_bundle *bundles; /* hash table, sorted */
	STACK_OF(X509_CRL) *crls;    /* possibly none */
};

/* Whatever is there is freed, references or not. */
void svid_snapshot_destroy(struct svid_snapshot *s);

#endif
