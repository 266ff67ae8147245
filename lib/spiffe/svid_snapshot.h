/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything the agent said in one message: our SVIDs, the bundles of our own
 * and of federated trust domains, CRLs. Built once, then const; counted
 * atomically; an update is a new snapshot, swapped whole (Workload API 4.3).
 * No OpenSSL type appears here: lib/tls uses svid_snapshot_internal.h.
 * ctx: any, except where said.
 */
#ifndef SVIDWRAP_SPIFFE_SVID_SNAPSHOT_H
#define SVIDWRAP_SPIFFE_SVID_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "spiffe/spiffe_id.h"

struct svid_snapshot;

/* Bytes that somebody else owns. */
struct bytes {
	const uint8_t *data;
	size_t len;
};

/* One X509SVID message of the Workload API, as it came. */
struct svid_der {
	const char *spiffe_id;      /* NUL-terminated */
	struct bytes chain;         /* concatenated DER, leaf first */
	struct bytes key;           /* PKCS#8 DER, unencrypted */
	struct bytes bundle;        /* concatenated DER of own trust domain */
	const char *hint;           /* NULL or "" if none */
};

struct federated_der {
	const char *trust_domain;   /* "partner.example" or its spiffe:// form */
	struct bytes bundle;
};

/* An X509SVIDResponse. Everything is borrowed for the call. */
struct svid_response {
	const struct svid_der *svids;
	size_t n_svids;
	const struct bytes *crls;   /* DER, one each */
	size_t n_crls;
	const struct federated_der *federated;
	size_t n_federated;
};

/*
 * Checks and builds. A message that lacks a mandatory field, or whose key does
 * not match its leaf, or whose spiffe_id is not the leaf's SAN, is refused
 * whole (Workload API 4.5): the caller keeps its old snapshot.
 * now_s: seconds since 1970. errors: ERR_PARSE, ERR_CERT_*, ERR_NOMEM.
 * *ret is one reference, written on success only.
 */
struct result svid_snapshot_build(const struct svid_response *in,
				  int64_t now_s, struct svid_snapshot **ret,
				  struct err *reterr);

/* ctx: signal. unref takes NULL and returns NULL. */
struct svid_snapshot *svid_snapshot_ref(struct svid_snapshot *s);
struct svid_snapshot *svid_snapshot_unref(struct svid_snapshot *s);
DEFINE_CLEANUP(svid_snapshot, svid_snapshot_unref)

#define SERIAL_HEX_MAX 41 /* 20 octets (RFC 5280 4.1.2.2) and a NUL */

/* What people want to know of an SVID. */
struct svid_info {
	struct spiffe_id id;
	char serial[SERIAL_HEX_MAX]; /* lower-case hex, no separators */
	int64_t not_before;          /* seconds since 1970 */
	int64_t not_after;
	char hint[64];
};

/* i in [0, svid_snapshot_count). 0 is the default identity (Workload API 8).
 * Borrowed: lives as long as s. */
size_t svid_snapshot_count(const struct svid_snapshot *s);
const struct svid_info *svid_snapshot_info(const struct svid_snapshot *s,
					   size_t i);

/* The default SVID is within its validity at now_s. */
bool svid_snapshot_usable(const struct svid_snapshot *s, int64_t now_s);
/* now_s is past the middle of the default SVID's life: a refresh is due. */
bool svid_snapshot_past_half_life(const struct svid_snapshot *s,
				  int64_t now_s);

/* Trust domains with a bundle, in ascending order; NULL past the end. */
const char *svid_snapshot_trust_domain(const struct svid_snapshot *s,
				       size_t i);
/* Number of authorities in that bundle; 0 if there is no such bundle. */
size_t svid_snapshot_authorities(const struct svid_snapshot *s,
				 const char *trust_domain);

/* A number that differs between snapshots of a process, for cache keys. */
uint64_t svid_snapshot_serial(const struct svid_snapshot *s);

#endif
