/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS 1.3 record protection on one traffic secret (RFC 8446 5.2 to 5.5, 7.2,
 * 7.3). A direction is {secret, key, iv, key generation}; the sequence number
 * belongs to the caller (it is shared between processes) and is passed in each
 * time. Nothing here does I/O.
 */
#ifndef SVIDWRAP_TLS_RECORD_H
#define SVIDWRAP_TLS_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define RECORD_HEADER 5
#define RECORD_TAG 16
#define RECORD_OVERHEAD (RECORD_HEADER + 1 + RECORD_TAG) /* 22 */
#define RECORD_PLAIN_MAX 16384                           /* RFC 8446 5.1 */
#define RECORD_CIPHER_MAX (RECORD_PLAIN_MAX + 256)       /* RFC 8446 5.2 */
#define RECORD_MAX (RECORD_HEADER + RECORD_CIPHER_MAX)   /* 16645 */
#define RECORD_MIN RECORD_OVERHEAD	/* header, type byte, tag */
#define SECRET_MAX 48

enum content_type {
	CT_CHANGE_CIPHER_SPEC = 20,
	CT_ALERT = 21,
	CT_HANDSHAKE = 22,
	CT_APPLICATION_DATA = 23,
};

/* RFC 8446 B.4. The three that OpenSSL offers by default. */
enum tls_suite {
	TLS_AES_128_GCM_SHA256 = 0x1301,
	TLS_AES_256_GCM_SHA384 = 0x1302,
	TLS_CHACHA20_POLY1305_SHA256 = 0x1303,
};

struct aead;

/* Private to a process; copied by fork as any memory. Zero-initialise. */
struct record_dir {
	enum tls_suite suite;
	bool seal;            /* direction: true seals, false opens */
	uint32_t generation;  /* of the key: number of KeyUpdates so far */
	uint8_t secret[SECRET_MAX];
	uint8_t secret_len;
	uint8_t iv[12];
	struct aead *cipher;  /* keyed for this generation */
	struct aead *spent;   /* the same, wiped */
	uint64_t next_seq;    /* seal: lowest number not used by this process */
};

/* "TLS_AES_128_GCM_SHA256", or NULL if it is not one of ours. */
const char *tls_suite_name(unsigned suite);

/* Takes a copy of the secret, derives key and iv (RFC 8446 7.3). errors:
 * ERR_UNSUPPORTED (suite), ERR_NOMEM, ERR_TLS. On failure dir is cleared. */
struct result record_dir_init(struct record_dir *dir, enum tls_suite suite,
			      bool seal, const uint8_t *secret,
			      size_t secret_len, struct err *reterr);
/* application_traffic_secret_N+1 (RFC 8446 7.2); generation goes up by one and
 * the caller restarts its sequence at 0. On failure dir is cleared. */
struct result record_dir_ratchet(struct record_dir *dir, struct err *reterr);
/* Cleanses, but frees nothing: record_dir_clear does, some day. ctx: signal. */
void record_dir_wipe(struct record_dir *dir);
/* Cleanses and frees. Safe on a zeroed, wiped or cleared dir. */
void record_dir_clear(struct record_dir *dir);

/* How many records may be sealed under one key (RFC 8446 5.5): the sender must
 * send KeyUpdate before this seq. Never more than 2^24. */
uint64_t record_key_limit(enum tls_suite suite);

/*
 * Seals len bytes (0 to RECORD_PLAIN_MAX) as one record of that inner type.
 * out    room for len + RECORD_OVERHEAD; may not overlap in
 * returns the record's length through ret_len
 * errors ERR_KEY_LIMIT (seq beyond the limit plus a margin for KeyUpdate and
 *        alerts), ERR_RECORD_OVERFLOW (len), ERR_TLS (also for a seq that this
 *        dir has sealed under its key before: a nonce is used once)
 * ctx    noalloc
 */
struct result record_seal(struct record_dir *dir, uint64_t seq,
			  enum content_type type, const uint8_t *in, size_t len,
			  uint8_t *out, size_t *ret_len, struct err *reterr);

/*
 * The outer header (RFC 8446 5.2): ret_len is the length of the whole record,
 * header included. rec holds at least RECORD_HEADER bytes. errors:
 * ERR_RECORD_OVERFLOW (length), ERR_RECORD_UNEXPECTED (outer type not
 * application_data: after the handshake nothing else is allowed, or shorter than
 * RECORD_MIN); reterr->tls_alert says which alert to send. The legacy version is
 * ignored, as 5.2 asks. ctx: signal.
 */
struct result record_length(const uint8_t *rec, size_t *ret_len,
			    struct err *reterr);

/*
 * Opens one whole record.
 * rec      the record, rec_len bytes as record_length said
 * out      room for rec_len - RECORD_HEADER - RECORD_TAG bytes minus one: the
 *          last inner byte never lands there (it is the type or padding); may not
 *          overlap rec. On failure whatever was written is wiped. On success the
 *          bytes past *ret_len are the type and padding.
 * ret_*    content type; length of the content (0 to RECORD_PLAIN_MAX)
 * errors   ERR_RECORD_MAC, ERR_RECORD_OVERFLOW, ERR_RECORD_UNEXPECTED (all
 *          zeros; an empty alert or handshake fragment, 5.1; an inner type other
 *          than alert, handshake and application_data), with tls_alert;
 *          ERR_KEY_LIMIT, ERR_TLS (no key)
 * A record may be opened more than once (MSG_PEEK).
 * ctx      noalloc
 */
struct result record_open(struct record_dir *dir, uint64_t seq,
			  const uint8_t *rec, size_t rec_len, uint8_t *out,
			  enum content_type *ret_type, size_t *ret_len,
			  struct err *reterr);

#endif
