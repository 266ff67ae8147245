/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of one direction; record.c uses them. */
#include "tls/record.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "tls/aead.h"
#include "tls/key_schedule.h"

void record_dir_wipe(struct record_dir *dir)
{
	struct aead *cipher = dir->cipher ? dir->cipher : dir->spent;

	if (cipher)
		aead_wipe(cipher);
	OPENSSL_cleanse(dir, sizeof *dir);
	dir->spent = cipher;
}

void record_dir_clear(struct record_dir *dir)
{
	aead_free(dir->cipher);
	aead_free(dir->spent);
	OPENSSL_cleanse(dir, sizeof *dir);
}

/* Key and iv of dir->secret (RFC 8446 7.3) into dir and a fresh context. */
static struct result derive_traffic_key(struct record_dir *dir,
					const struct suite_info *suite,
					struct err *reterr)
{
	uint8_t key[TRAFFIC_KEY_MAX];
	struct result r;

	aead_free(dir->cipher);
	dir->cipher = NULL;
	r = hkdf_expand_label(suite, dir->secret, "key", key, suite->key_len,
			      reterr);
	if (!failed(r))
		r = hkdf_expand_label(suite, dir->secret, "iv", dir->iv,
				      sizeof dir->iv, reterr);
	if (!failed(r)) {
		dir->cipher = aead_new(suite, dir->seal, key);
		if (!dir->cipher) {
			ERR_clear_error();
			r = FAIL(reterr, ERR_NOMEM, "cannot key %s", suite->name);
		}
	}
	OPENSSL_cleanse(key, sizeof key);
	return r;
}

struct result record_dir_init(struct record_dir *dir, enum tls_suite suite,
			      bool seal, const uint8_t *secret,
			      size_t secret_len, struct err *reterr)
{
	const struct suite_info *info = suite_info_get(suite);
	struct result r;

	*dir = (struct record_dir){ 0 };
	if (!info)
		return FAIL(reterr, ERR_UNSUPPORTED, "cipher suite 0x%04x",
			    (unsigned)suite);
	if (secret_len != info->secret_len)
		return FAIL(reterr, ERR_TLS, "a secret of %zu bytes for %s",
			    secret_len, info->name);
	dir->suite = suite;
	dir->seal = seal;
	dir->secret_len = info->secret_len;
	memcpy(dir->secret, secret, secret_len);
	r = derive_traffic_key(dir, info, reterr);
	if (failed(r))
		record_dir_clear(dir);
	return r;
}

struct result record_dir_ratchet(struct record_dir *dir, struct err *reterr)
{
	const struct suite_info *info = suite_info_get(dir->suite);
	struct result r;

	if (!info || !dir->cipher || dir->generation == UINT32_MAX) {
		record_dir_clear(dir);
		return FAIL(reterr, ERR_KEY_LIMIT, "no key to update");
	}
	/* RFC 8446 7.2 */
	r = hkdf_expand_label(info, dir->secret, "traffic upd", dir->secret,
			      info->secret_len, reterr);
	if (!failed(r)) {
		dir->generation++;
		dir->next_seq = 0;
		r = derive_traffic_key(dir, info, reterr);
	}
	if (failed(r))
		record_dir_clear(dir);
	return r;
}
