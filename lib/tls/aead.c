/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/aead.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "tls/key_schedule.h"

/* openssl-core_dispatch.h: numbers and types of a cipher's functions, those that are called here. */
#define FUNCTIONS(X)                          \
	X(NEWCTX, newctx)                     \
	X(FREECTX, freectx)                   \
	X(ENCRYPT_INIT, encrypt_init)         \
	X(DECRYPT_INIT, decrypt_init)         \
	X(UPDATE, update)                     \
	X(FINAL, final)                       \
	X(GET_CTX_PARAMS, get_ctx_params)     \
	X(SET_CTX_PARAMS, set_ctx_params)

struct functions {
#define MEMBER(number, name) OSSL_FUNC_cipher_##name##_fn *name;
	FUNCTIONS(MEMBER)
#undef MEMBER
};

struct aead {
	struct functions f;
	void *ctx; /* the provider's */
	uint8_t key_len;
	bool seal;
};

static void take(struct functions *f, const OSSL_DISPATCH *d)
{
#define TAKE(number, name)                             \
	case OSSL_FUNC_CIPHER_##number:                \
		f->name = OSSL_FUNC_cipher_##name(d);  \
		break;
	for (; d->function_id; d++)
		switch (d->function_id) {
			FUNCTIONS(TAKE)
		}
#undef TAKE
}

static bool complete(const struct functions *f)
{
#define AND(number, name) && f->name
	return true FUNCTIONS(AND);
#undef AND
}

/* OSSL_ALGORITHM: all the names of one, colons between. */
static bool among(const char *names, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = names; at; at = strchr(at, ':')) {
		at += *at == ':';
		if (OPENSSL_strncasecmp(at, name, len) == 0 && (at[len] == ':' || !at[len]))
			return true;
	}
	return false;
}

/* The cipher's functions and a context of its provider; false if it has none. */
static bool bind_provider(struct aead *a, const char *name)
{
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, name, NULL);
	const OSSL_PROVIDER *provider = cipher ? EVP_CIPHER_get0_provider(cipher) : NULL;
	int no_cache = 0;
	const OSSL_ALGORITHM *all =
		provider ? OSSL_PROVIDER_query_operation(provider, OSSL_OP_CIPHER, &no_cache) : NULL;

	for (const OSSL_ALGORITHM *one = all; one && one->algorithm_names; one++)
		if (among(one->algorithm_names, name)) {
			take(&a->f, one->implementation);
			break;
		}
	if (complete(&a->f))
		a->ctx = a->f.newctx(OSSL_PROVIDER_get0_provider_ctx(provider));
	if (all)
		OSSL_PROVIDER_unquery_operation(provider, OSSL_OP_CIPHER, all);
	EVP_CIPHER_free(cipher);
	return a->ctx != NULL;
}

static bool init(struct aead *a, const uint8_t *key, const uint8_t *nonce)
{
	OSSL_FUNC_cipher_encrypt_init_fn *f = a->seal ? a->f.encrypt_init : a->f.decrypt_init;

	return f(a->ctx, key, key ? a->key_len : 0, nonce, nonce ? TRAFFIC_IV : 0, NULL) == 1;
}

struct aead *aead_new(const struct suite_info *suite, bool seal, const uint8_t *key)
{
	struct aead *a = OPENSSL_zalloc(sizeof *a);

	if (!a)
		return NULL;
	a->seal = seal;
	a->key_len = suite->key_len;
	if (bind_provider(a, EVP_CIPHER_get0_name(suite->cipher())) && init(a, key, NULL))
		return a;
	aead_free(a);
	return NULL;
}

void aead_free(struct aead *a)
{
	if (!a)
		return;
	if (a->ctx)
		a->f.freectx(a->ctx); /* cleanses its key schedule */
	OPENSSL_free(a);
}

void aead_wipe(struct aead *a)
{
	static const uint8_t zeros[TRAFFIC_KEY_MAX];

	init(a, zeros, zeros);
}

bool aead_begin(struct aead *a, const uint8_t nonce[12])
{
	return init(a, NULL, nonce);
}

bool aead_update(struct aead *a, uint8_t *out, const uint8_t *in, size_t len)
{
	size_t n = 0;

	return len == 0 || (a->f.update(a->ctx, out, &n, len, in, len) == 1 && n == len);
}

static bool finish(struct aead *a)
{
	uint8_t none[1];
	size_t n = 0;

	return a->f.final(a->ctx, none, &n, sizeof none) == 1 && n == 0;
}

bool aead_tag(struct aead *a, uint8_t ret_tag[16])
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, ret_tag, RECORD_TAG),
		OSSL_PARAM_END,
	};

	return finish(a) && a->f.get_ctx_params(a->ctx, params) == 1;
}

bool aead_check(struct aead *a, const uint8_t tag[16])
{
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, (void *)tag,
						  RECORD_TAG),
		OSSL_PARAM_END,
	};

	return a->f.set_ctx_params(a->ctx, params) == 1 && finish(a);
}
