/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/record.h"

#include <endian.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "tls/aead.h"
#include "tls/alert.h"
#include "tls/key_schedule.h"

/* RFC 8446 5.5: an AES-GCM key is good for 2^24.5 full records. ChaCha20-Poly1305
 * has no such bound, but a key that protects less is never worse, and a KeyUpdate
 * each 2^24 records costs nothing. */
#define KEY_LIMIT (UINT64_C(1) << 24)
/* The KeyUpdate itself, a close_notify, and whatever was under way. */
#define KEY_LIMIT_MARGIN 64

/* Up to here one copy and one pass through the cipher beat two passes. */
#define COPY_MAX 4096

#define OUTER_VERSION_MAJOR 3 /* RFC 8446 5.2: legacy_record_version 0x0303 */
#define OUTER_VERSION_MINOR 3

static struct result fail_alert(struct err *reterr, enum tls_alert alert,
				struct result r)
{
	if (reterr)
		reterr->tls_alert = alert;
	return r;
}
#define FAIL_ALERT(reterr, alert, ...) \
	fail_alert((reterr), (alert), FAIL((reterr), __VA_ARGS__))

uint64_t record_key_limit(enum tls_suite suite)
{
	return suite_info_get(suite) ? KEY_LIMIT : 0;
}

/* RFC 8446 5.3: the sequence number in network order, xored into the iv. */
static bool set_nonce(struct record_dir *dir, uint64_t seq)
{
	uint8_t nonce[TRAFFIC_IV];
	uint64_t low;

	memcpy(nonce, dir->iv, sizeof nonce);
	memcpy(&low, nonce + sizeof nonce - sizeof low, sizeof low);
	low ^= htobe64(seq);
	memcpy(nonce + sizeof nonce - sizeof low, &low, sizeof low);
	return aead_begin(dir->cipher, nonce);
}

static bool seal_body(struct aead *a, enum content_type type,
		      const uint8_t *in, size_t len, uint8_t *body)
{
	uint8_t inner_type = type;

	if (len > COPY_MAX)
		return aead_update(a, body, in, len) &&
		       aead_update(a, body + len, &inner_type, 1);
	if (len)
		memcpy(body, in, len);
	body[len] = inner_type;
	return aead_update(a, body, body, len + 1);
}

struct result record_seal(struct record_dir *dir, uint64_t seq,
			  enum content_type type, const uint8_t *in, size_t len,
			  uint8_t *out, size_t *ret_len, struct err *reterr)
{
	struct aead *a = dir->cipher;
	size_t cipher_len = len + 1 + RECORD_TAG;

	if (!a || !dir->seal)
		return FAIL(reterr, ERR_TLS, "no key to seal with");
	if (len > RECORD_PLAIN_MAX)
		return FAIL_ALERT(reterr, ALERT_internal_error,
				  ERR_RECORD_OVERFLOW,
				  "%zu bytes for one record", len);
	/* RFC 8446 5.3, 5.5: never wraps, never past what the key is good for. */
	if (seq >= KEY_LIMIT + KEY_LIMIT_MARGIN)
		return FAIL(reterr, ERR_KEY_LIMIT,
			    "%llu records under one key",
			    (unsigned long long)seq);
	/* seq comes from memory that others can write: the last guard against
	 * one nonce for two plaintexts is private. */
	if (seq < dir->next_seq)
		return FAIL(reterr, ERR_TLS,
			    "sequence number %llu was used already",
			    (unsigned long long)seq);
	dir->next_seq = seq + 1;
	out[0] = CT_APPLICATION_DATA;
	out[1] = OUTER_VERSION_MAJOR;
	out[2] = OUTER_VERSION_MINOR;
	out[3] = (uint8_t)(cipher_len >> 8);
	out[4] = (uint8_t)cipher_len;
	if (!set_nonce(dir, seq) || !aead_update(a, NULL, out, RECORD_HEADER) ||
	    !seal_body(a, type, in, len, out + RECORD_HEADER) ||
	    !aead_tag(a, out + RECORD_HEADER + len + 1)) {
		/* What is there may be plaintext. */
		OPENSSL_cleanse(out, len + RECORD_OVERHEAD);
		ERR_clear_error();
		return FAIL_ALERT(reterr, ALERT_internal_error, ERR_TLS,
				  "cannot seal a record");
	}
	*ret_len = RECORD_HEADER + cipher_len;
	return RESULT_OK;
}

struct result record_length(const uint8_t *rec, size_t *ret_len,
			    struct err *reterr)
{
	size_t len = (size_t)rec[3] << 8 | rec[4];

	/* RFC 8446 5, 5.2, D.4: after the handshake every record is protected and
	 * says application_data; a change_cipher_spec is no longer ignored. */
	if (rec[0] != CT_APPLICATION_DATA)
		return FAIL_ALERT(reterr, ALERT_unexpected_message,
				  ERR_RECORD_UNEXPECTED,
				  "an unprotected record of type %u", rec[0]);
	if (len > RECORD_CIPHER_MAX)
		return FAIL_ALERT(reterr, ALERT_record_overflow,
				  ERR_RECORD_OVERFLOW,
				  "a record of %zu bytes", len);
	/* RFC 8446 6.2: what cannot be deprotected is a bad_record_mac. */
	if (len < RECORD_MIN - RECORD_HEADER)
		return FAIL_ALERT(reterr, ALERT_bad_record_mac,
				  ERR_RECORD_UNEXPECTED,
				  "a record of %zu bytes cannot hold its tag",
				  len);
	*ret_len = RECORD_HEADER + len;
	return RESULT_OK;
}

/* Decrypts n inner bytes: all but the last into out, that one into *last. */
static bool open_body(struct record_dir *dir, uint64_t seq, const uint8_t *rec,
		      size_t n, uint8_t *out, uint8_t *last)
{
	const uint8_t *body = rec + RECORD_HEADER;
	struct aead *a = dir->cipher;

	return set_nonce(dir, seq) && aead_update(a, NULL, rec, RECORD_HEADER) &&
	       aead_update(a, out, body, n - 1) &&
	       aead_update(a, last, body + n - 1, 1) && aead_check(a, body + n);
}

/* RFC 8446 5.4: the type is the last byte that is not zero. Returns 0 if there
 * is none, else the type, and the content's length through ret_len. */
static uint8_t strip_padding(const uint8_t *out, size_t n, uint8_t last,
			     size_t *ret_len)
{
	n--;
	while (last == 0 && n > 0)
		last = out[--n];
	*ret_len = n;
	return last;
}

/* RFC 8446 5, 5.1, 5.4: is this content allowed after the handshake? */
static struct result check_content(uint8_t type, size_t len,
				   struct err *reterr)
{
	if (type == CT_APPLICATION_DATA ||
	    ((type == CT_ALERT || type == CT_HANDSHAKE) && len > 0))
		return RESULT_OK;
	if (type == CT_ALERT || type == CT_HANDSHAKE)
		return FAIL_ALERT(reterr, ALERT_unexpected_message,
				  ERR_RECORD_UNEXPECTED,
				  "an empty fragment of type %u", type);
	if (type == 0)
		return FAIL_ALERT(reterr, ALERT_unexpected_message,
				  ERR_RECORD_UNEXPECTED, "a record of zeros");
	return FAIL_ALERT(reterr, ALERT_unexpected_message,
			  ERR_RECORD_UNEXPECTED, "a record of inner type %u",
			  type);
}

struct result record_open(struct record_dir *dir, uint64_t seq,
			  const uint8_t *rec, size_t rec_len, uint8_t *out,
			  enum content_type *ret_type, size_t *ret_len,
			  struct err *reterr)
{
	uint8_t type, last = 0;
	size_t said = 0, n, len;
	struct result r;

	if (!dir->cipher || dir->seal)
		return FAIL(reterr, ERR_TLS, "no key to open with");
	if (rec_len < RECORD_MIN)
		return FAIL_ALERT(reterr, ALERT_bad_record_mac,
				  ERR_RECORD_UNEXPECTED,
				  "a record of %zu bytes", rec_len);
	r = record_length(rec, &said, reterr);
	if (failed(r))
		return r;
	if (said != rec_len)
		return FAIL_ALERT(reterr, ALERT_internal_error,
				  ERR_RECORD_UNEXPECTED,
				  "%zu bytes of a record of %zu", rec_len, said);
	/* RFC 8446 5.3 */
	if (seq == UINT64_MAX)
		return FAIL_ALERT(reterr, ALERT_internal_error, ERR_KEY_LIMIT,
				  "the peer's sequence numbers are used up");
	n = rec_len - RECORD_HEADER - RECORD_TAG;
	/* RFC 8446 5.4: padding counts; it makes no record longer. */
	if (n > RECORD_PLAIN_MAX + 1)
		return FAIL_ALERT(reterr, ALERT_record_overflow,
				  ERR_RECORD_OVERFLOW,
				  "%zu bytes of content and padding", n);
	if (!open_body(dir, seq, rec, n, out, &last)) {
		OPENSSL_cleanse(out, n - 1);
		ERR_clear_error();
		return FAIL_ALERT(reterr, ALERT_bad_record_mac, ERR_RECORD_MAC,
				  "record %llu does not authenticate",
				  (unsigned long long)seq);
	}
	type = strip_padding(out, n, last, &len);
	r = check_content(type, len, reterr);
	if (failed(r)) {
		OPENSSL_cleanse(out, n - 1);
		return r;
	}
	*ret_type = type;
	*ret_len = len;
	return RESULT_OK;
}
