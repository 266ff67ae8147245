/* SPDX-License-Identifier: Apache-2.0 */
#include "tx_internal.h"

#include "tls/post_handshake.h"

/* Small records (max_fragment_length) go together as well; fewer than the margin
 * that a key has beyond its limit. */
#define CHUNK_RECORDS 32

/* Seals one record at out + *len. */
struct result tx_seal(struct conn *c, enum content_type type, const uint8_t *in, size_t n,
		      uint8_t *out, size_t *len, struct err *err)
{
	size_t rec_len;
	uint64_t seq;
	struct result r = conn_seq(c, DIR_TX, &seq, err);

	if (failed(r))
		return r;
	conn_seq_take(c, DIR_TX, seq);
	r = record_seal(&c->keys[DIR_TX], seq, type, in, n, out + *len, &rec_len, err);
	if (!failed(r))
		*len += rec_len;
	return r;
}

/* RFC 8446 4.6.3 and 5.5: a KeyUpdate, if one is owed or the key is used up. */
static struct result seal_key_update(struct conn *c, uint8_t *out, size_t *len, struct err *err)
{
	uint8_t msg[KEY_UPDATE_LEN];
	struct result r;
	uint64_t seq;
	bool owed;

	r = conn_seq(c, DIR_TX, &seq, err);
	if (failed(r))
		return r;
	owed = conn_flags(c) & SLOT_KEY_UPDATE_OWED;
	if (!owed && seq < record_key_limit(c->keys[DIR_TX].suite))
		return RESULT_OK;
	conn_clear_flag(c, SLOT_KEY_UPDATE_OWED);
	key_update_build(false, msg);
	r = tx_seal(c, CT_HANDSHAKE, msg, sizeof msg, out, len, err);
	return failed(r) ? r : conn_ratchet(c, DIR_TX, err);
}

/* Seals records of what cur still has, as many as one send takes. */
struct result tx_seal_chunk(struct conn *c, struct cursor *cur, struct scratch *s,
			    size_t *ret_len, size_t *ret_plain, struct err *err)
{
	struct result r = seal_key_update(c, s->cipher, ret_len, err);

	for (unsigned i = 0; i < CHUNK_RECORDS && cur->left && !failed(r); i++) {
		size_t n = cur->left < c->max_plaintext ? cur->left : c->max_plaintext;
		const uint8_t *at;
		size_t run;

		if (n + RECORD_OVERHEAD > sizeof s->cipher - *ret_len)
			break;
		at = cursor_at(cur, &run);
		if (run >= n) {
			r = tx_seal(c, CT_APPLICATION_DATA, at, n, s->cipher, ret_len, err);
			cursor_skip(cur, n);
		} else {
			if (s->plain_used < n)
				s->plain_used = (uint32_t)n;
			cursor_get(cur, s->plain, n);
			r = tx_seal(c, CT_APPLICATION_DATA, s->plain, n, s->cipher, ret_len, err);
		}
		*ret_plain += n;
	}
	return r;
}
