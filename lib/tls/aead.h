/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One key of a suite's AEAD (RFC 5116) for one direction. It is OpenSSL's implementation, called as
 * provider-cipher(7) describes: what EVP does around each of the five calls for a small record cost as much as the
 * cipher (docs/decisions/0018). Used by lib/tls alone.
 */
#ifndef SVIDWRAP_TLS_AEAD_H
#define SVIDWRAP_TLS_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct aead;
struct suite_info;

/* key: suite->key_len bytes, copied. NULL: no memory, or OpenSSL has no such
 * cipher. aead_free it. */
struct aead *aead_new(const struct suite_info *suite, bool seal, const uint8_t *key);
/* Cleanses and frees; NULL is fine. */
void aead_free(struct aead *a);
/* A key of zeros takes the place of the old one. ctx: signal */
void aead_wipe(struct aead *a);

/*
 * One message: begin, any number of updates, and seal's tag or open's check. All
 * return false on an error of OpenSSL's, or if the tag is another one; it may
 * have left a word in the error queue. ctx: noalloc
 */
bool aead_begin(struct aead *a, const uint8_t nonce[12]);
/* out NULL: additional data. out may be in. len 0 is nothing. */
bool aead_update(struct aead *a, uint8_t *out, const uint8_t *in, size_t len);
bool aead_tag(struct aead *a, uint8_t ret_tag[16]);
bool aead_check(struct aead *a, const uint8_t tag[16]);

#endif
