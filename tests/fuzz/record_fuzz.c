/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream of records from a hostile peer who knows the keys. Input: flags, then
 * pieces {mode, 16-bit length, bytes}. Mode decides what the bytes are: an inner
 * plaintext to be sealed for us, or a record as it stands. Each is opened in
 * exactly sized memory, and alerts and handshake content are parsed on.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tls/alert.h"
#include "tls/key_schedule.h"
#include "tls/openssl_init.h"
#include "tls/post_handshake.h"
#include "tls/record.h"

/* neg_record_fuzz.c: room for one byte less than the contract asks for. */
#ifndef PLANTED_SHORTAGE
#define PLANTED_SHORTAGE 0
#endif

#define CHECK(cond) \
	do { \
		if (!(cond)) \
			abort(); \
	} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	CHECK(!failed(openssl_init(NULL)));
	return 0;
}

struct stream {
	struct record_dir dir;
	uint64_t seq;
	struct post_handshake post;
};

static void take_content(struct stream *s, enum content_type type,
			 const uint8_t *content, size_t len)
{
	struct post_handshake_effect e;
	struct alert_received a;

	if (type == CT_ALERT && tls_alert_parse(content, len, &a))
		CHECK(tls_alert_name(a.number));
	if (type != CT_HANDSHAKE)
		return;
	if (failed(post_handshake_parse(&s->post, content, len, &e, NULL))) {
		memset(&s->post, 0, sizeof s->post);
	} else if (e.key_update_received) {
		CHECK(!post_handshake_in_message(&s->post));
		CHECK(!failed(record_dir_ratchet(&s->dir, NULL)));
		s->seq = 0;
	}
}

static void take_record(struct stream *s, const uint8_t *rec, size_t len)
{
	struct err err = { .tls_alert = -1 };
	enum content_type type;
	size_t said = 0, got = 0, room;
	uint8_t *out;
	struct result r;

	if (len < RECORD_HEADER)
		return;
	r = record_length(rec, &said, &err);
	if (failed(r)) {
		CHECK(err.tls_alert > 0);
		return;
	}
	CHECK(said >= RECORD_MIN && said <= RECORD_MAX);
	if (said > len)
		return;
	room = said - RECORD_HEADER - RECORD_TAG - 1;
	room = room > PLANTED_SHORTAGE ? room - PLANTED_SHORTAGE : room;
	out = malloc(room ? room : 1);
	CHECK(out);
	r = record_open(&s->dir, s->seq, rec, said, out, &type, &got, &err);
	if (failed(r)) {
		CHECK(err.tls_alert > 0);
	} else {
		CHECK(got <= RECORD_PLAIN_MAX && got + RECORD_OVERHEAD <= said);
		s->seq++;
		take_content(s, type, out, got);
	}
	free(out);
}

/* What a peer with the keys would send; RFC 8446 5.2. */
static size_t seal_inner(const struct stream *s, const uint8_t *inner, size_t n,
			 uint8_t *rec)
{
	const struct suite_info *info = suite_info_get(s->dir.suite);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t key[TRAFFIC_KEY_MAX], nonce[TRAFFIC_IV];
	int len;

	CHECK(c && !failed(hkdf_expand_label(info, s->dir.secret, "key", key,
					     info->key_len, NULL)));
	memcpy(nonce, s->dir.iv, sizeof nonce);
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(s->seq >> 8 * i);
	memcpy(rec, "\x17\3\3", 3);
	rec[3] = (uint8_t)((n + RECORD_TAG) >> 8);
	rec[4] = (uint8_t)(n + RECORD_TAG);
	EVP_EncryptInit_ex(c, info->cipher(), NULL, key, nonce);
	EVP_EncryptUpdate(c, NULL, &len, rec, RECORD_HEADER);
	if (n)
		EVP_EncryptUpdate(c, rec + RECORD_HEADER, &len, inner, (int)n);
	EVP_EncryptFinal_ex(c, rec + RECORD_HEADER + n, &len);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, RECORD_TAG,
			    rec + RECORD_HEADER + n);
	EVP_CIPHER_CTX_free(c);
	return RECORD_HEADER + n + RECORD_TAG;
}

static void take_piece(struct stream *s, uint8_t mode, const uint8_t *p,
		       size_t n, size_t zeros)
{
	uint8_t *inner, *rec;
	size_t len;

	if (mode & 1) {
		take_record(s, p, n);
		return;
	}
	inner = calloc(1, n + zeros + 1);
	rec = malloc(n + zeros + RECORD_HEADER + RECORD_TAG);
	CHECK(inner && rec);
	memcpy(inner, p, n);
	len = seal_inner(s, inner, n + zeros, rec);
	take_record(s, rec, len);
	free(inner);
	free(rec);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t secret[SECRET_MAX] = "a secret of the fuzzer";
	struct stream s = { .seq = 0 };
	unsigned suite;

	if (size < 1)
		return 0;
	suite = TLS_AES_128_GCM_SHA256 + data[0] % 3;
	CHECK(!failed(record_dir_init(&s.dir, suite, false, secret,
				      suite_info_get(suite)->secret_len,
				      NULL)));
	data++, size--;
	for (int pieces = 0; size >= 3 && pieces < 32; pieces++) {
		uint8_t mode = data[0];
		size_t n = (size_t)data[1] << 8 | data[2];
		/* padding, up to beyond what a record may hold */
		size_t zeros = mode & 2 ? (size_t)(mode >> 2) * 272 : 0;

		data += 3, size -= 3;
		n = n < size ? n : size;
		take_piece(&s, mode, data, n, zeros);
		data += n, size -= n;
	}
	record_dir_clear(&s.dir);
	return 0;
}
