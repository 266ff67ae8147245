/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_record.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "tls/key_schedule.h"

const enum tls_suite tls_suites[TLS_SUITES] = { TLS_AES_128_GCM_SHA256,
						TLS_AES_256_GCM_SHA384,
						TLS_CHACHA20_POLY1305_SHA256 };

static void must(struct result r)
{
	if (failed(r))
		abort();
}

void tls_record_pair(enum tls_suite suite, struct record_dir *w,
		     struct record_dir *r)
{
	uint8_t secret[SECRET_MAX];
	size_t n = suite_info_get(suite)->secret_len;

	memset(secret, 0x42, sizeof secret);
	must(record_dir_init(w, suite, true, secret, n, NULL));
	must(record_dir_init(r, suite, false, secret, n, NULL));
}

void tls_record_pair_clear(struct record_dir *w, struct record_dir *r)
{
	record_dir_clear(w);
	record_dir_clear(r);
}

size_t tls_record_seal_inner(const struct record_dir *r, uint64_t seq,
			     const uint8_t *inner, size_t n, uint8_t *out)
{
	const struct suite_info *s = suite_info_get(r->suite);
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	uint8_t key[TRAFFIC_KEY_MAX], nonce[TRAFFIC_IV];
	int len;

	must(hkdf_expand_label(s, r->secret, "key", key, s->key_len, NULL));
	must(hkdf_expand_label(s, r->secret, "iv", nonce, sizeof nonce, NULL));
	for (int i = 0; i < 8; i++)
		nonce[11 - i] ^= (uint8_t)(seq >> 8 * i);
	memcpy(out, "\x17\3\3", 3);
	out[3] = (uint8_t)((n + 16) >> 8);
	out[4] = (uint8_t)(n + 16);
	EVP_EncryptInit_ex(c, s->cipher(), NULL, key, nonce);
	EVP_EncryptUpdate(c, NULL, &len, out, 5);
	if (n)
		EVP_EncryptUpdate(c, out + 5, &len, inner, (int)n);
	EVP_EncryptFinal_ex(c, out + 5 + n, &len);
	EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, 16, out + 5 + n);
	EVP_CIPHER_CTX_free(c);
	return n + 21;
}

struct result tls_record_open(struct record_dir *r, uint64_t seq,
			      const uint8_t *rec, size_t len, uint8_t *out,
			      enum content_type *type, size_t *ret_len,
			      struct err *err)
{
	size_t room = len - RECORD_HEADER - RECORD_TAG - 1;
	uint8_t *in = malloc(len), *got = malloc(room ? room : 1);
	struct result res;

	memcpy(in, rec, len);
	memset(got, 0xee, room ? room : 1);
	res = record_open(r, seq, in, len, got, type, ret_len, err);
	memcpy(out, got, room);
	free(in);
	free(got);
	return res;
}
