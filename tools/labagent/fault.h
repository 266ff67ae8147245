/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the agent can be told to do wrong (--fault NAME[=DURATION][@ID]), so
 * that tests can show what a client does then. One table: names, help and what
 * takes a duration.
 */
#ifndef SVIDWRAP_LABAGENT_FAULT_H
#define SVIDWRAP_LABAGENT_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "spiffe/spiffe_id.h"

/* tag, name, what happens */
#define FAULTS(X) \
	/* of the message; --issue writes the same bytes to its files */ \
	X(NO_CHAIN, "no-chain", "x509_svid is empty") \
	X(NO_KEY, "no-key", "x509_svid_key is empty") \
	X(NO_BUNDLE, "no-bundle", "bundle is empty") \
	X(NO_SPIFFE_ID, "no-spiffe-id", "spiffe_id is empty") \
	X(WRONG_KEY, "wrong-key", "the key is not the leaf's") \
	X(WRONG_ID, "wrong-id", "the leaf names /wrong-id of the trust domain, not spiffe_id") \
	/* of the leaf */ \
	X(EXPIRED, "expired", "the leaf expired an hour ago") \
	X(NOT_YET_VALID, "not-yet-valid", "the leaf is valid in an hour") \
	X(CA_LEAF, "ca-leaf", "the leaf has cA TRUE") \
	X(TWO_URIS, "two-uris", "the leaf has two URI SANs") \
	X(NO_URI, "no-uri", "the leaf has a DNS SAN alone") \
	X(ROOT_PATH, "root-path", "the leaf's SPIFFE ID has no path") \
	X(NO_KEYUSAGE, "no-keyusage", "the leaf has no keyUsage") \
	X(NONCRITICAL_KEYUSAGE, "noncritical-keyusage", "the leaf's keyUsage is not critical") \
	X(KEYCERTSIGN_LEAF, "keycertsign-leaf", "the leaf's keyUsage has keyCertSign") \
	X(EKU_SERVER_ONLY, "eku-server-only", "the leaf's extKeyUsage is serverAuth alone") \
	X(FOREIGN_CA, "foreign-ca", "the leaf is signed by a CA that is in no bundle") \
	/* of the answer */ \
	X(GARBAGE_MESSAGE, "garbage-message", "the message is no protobuf") \
	X(HUGE_MESSAGE, "huge-message", "the message has 16 MiB more than it needs") \
	X(EMPTY_SVIDS, "empty-svids", "the message holds no SVID") \
	X(HANG, "hang", "connections are accepted, nothing is ever said") \
	X(DISCONNECT, "disconnect", "the connection closes after the first message") \
	X(DENY, "deny", "PermissionDenied (7) for registered callers too") \
	X(UNAVAILABLE, "unavailable", "Unavailable (14)") \
	X(REVOKE_AFTER, "revoke-after", "PermissionDenied so long after the first message") \
	X(CRL, "crl", "a CRL revokes the ID's SVIDs of this run")

enum fault_tag {
#define X(tag, name, text) FAULT_TAG_##tag,
	FAULTS(X)
#undef X
	FAULT_TAGS
};

_Static_assert(FAULT_TAGS < 31, "a set of faults is a uint32_t");

enum fault_bit {
#define X(tag, name, text) FAULT_##tag = 1 << FAULT_TAG_##tag,
	FAULTS(X)
#undef X
};

struct fault {
	uint32_t bit;
	bool for_all;	     /* no @ID was given */
	struct spiffe_id id; /* valid unless for_all */
	int64_t after_ms;    /* of revoke-after */
};

struct fault_list {
	struct fault *items;
	size_t n;
};

/* "NAME[=DURATION][@ID]", appended to list. errors: ERR_PARSE, ERR_NOMEM. */
struct result fault_parse(struct fault_list *list, const char *text,
			  struct err *reterr);
void fault_list_clear(struct fault_list *list);

/* The faults that hold for id; for a caller without any ID pass NULL. */
uint32_t fault_mask(const struct fault_list *list, const struct spiffe_id *id);

/* The shortest time of the revoke-after faults for id, in milliseconds; -1 if
 * there is none. */
int64_t fault_revoke_after(const struct fault_list *list,
			   const struct spiffe_id *id);

/* A line each for --help. */
void fault_help(FILE *out);

#endif
