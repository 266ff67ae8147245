/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of record directions, and records that only a bad peer would make. */
#ifndef SVIDWRAP_TESTS_TLS_RECORD_H
#define SVIDWRAP_TESTS_TLS_RECORD_H

#include "tls/record.h"

#define TLS_SUITES 3
extern const enum tls_suite tls_suites[TLS_SUITES];

/* One secret, two ends. Aborts on failure. */
void tls_record_pair(enum tls_suite suite, struct record_dir *w,
		     struct record_dir *r);
void tls_record_pair_clear(struct record_dir *w, struct record_dir *r);

/* Seals an inner plaintext (content, type, padding) as it is, for r to open; by
 * OpenSSL directly, independent of record_seal. Returns the record's length. */
size_t tls_record_seal_inner(const struct record_dir *r, uint64_t seq,
			     const uint8_t *inner, size_t n, uint8_t *out);

/* record_open on exactly sized heap copies, so that ASan sees any overrun; what
 * record_open left in its buffer is copied to out. */
struct result tls_record_open(struct record_dir *r, uint64_t seq,
			      const uint8_t *rec, size_t len, uint8_t *out,
			      enum content_type *type, size_t *ret_len,
			      struct err *err);

#endif
