/* SPDX-License-Identifier: Apache-2.0 */
/* A SPIFFE ID (SPIFFE-ID.md 2), parsed and normalised. ctx: signal. */
#ifndef SVIDWRAP_SPIFFE_SPIFFE_ID_H
#define SVIDWRAP_SPIFFE_SPIFFE_ID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SPIFFE_ID_MAX 2048	/* bytes; SPIFFE-ID.md 2.3 */
#define TRUST_DOMAIN_MAX 255	/* bytes; SPIFFE-ID.md 2.3 */

/* A plain value: copy it freely. */
struct spiffe_id {
	uint16_t len;    /* of uri, without the NUL */
	uint16_t td_len; /* of the trust domain, which starts at uri + 9 */
	char uri[SPIFFE_ID_MAX + 1]; /* "spiffe://td/path", scheme and trust
				      * domain in lower case */
};

/* uri: len bytes, not NUL-terminated. errors: ERR_PARSE, the text names the
 * byte. *ret_id is written on success only. SPIFFE-ID.md 2 to 2.3. */
struct result spiffe_id_parse(const char *uri, size_t len,
			      struct spiffe_id *ret_id, struct err *reterr);

/* A bare trust domain name such as "corp.local". ret: NUL-terminated. */
struct result trust_domain_parse(const char *name, size_t len,
				 char ret[TRUST_DOMAIN_MAX + 1],
				 struct err *reterr);

/* "/backend", or "" for a trust domain's own ID. Borrowed from id. */
const char *spiffe_id_path(const struct spiffe_id *id);

/* SPIFFE-ID.md 2.4 */
bool spiffe_id_equal(const struct spiffe_id *a, const struct spiffe_id *b);
bool spiffe_id_same_trust_domain(const struct spiffe_id *a,
				 const struct spiffe_id *b);
/* td: NUL-terminated, lower case. */
bool spiffe_id_in_trust_domain(const struct spiffe_id *id, const char *td);
/* Copies the trust domain, NUL-terminated. */
void spiffe_id_trust_domain(const struct spiffe_id *id,
			    char ret[TRUST_DOMAIN_MAX + 1]);

#endif
