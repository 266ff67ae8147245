/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/openssl_init.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/*
 * SSL_free gives back the traffic secrets, the handshake and master secrets and
 * the last plaintext as they are. So every block that OpenSSL frees is cleansed;
 * its size stands before it, since malloc_usable_size may not belong to the
 * malloc that the program brought.
 */
union block {
	size_t len;
	uint64_t words __attribute__((vector_size(16))); /* malloc's alignment */
};

/* A handshake frees 3,400 blocks: a call for each would cost more than the wiping of most. */
static void wipe(union block *b, size_t len)
{
	for (; (ssize_t)len > 0; len -= sizeof *b, b++) {
		b->words = (__typeof__(b->words)){ 0 };
		__asm__ volatile("" : : "r"(b) : "memory"); /* nobody reads it, still it has to be written */
	}
}

/* To whole blocks, for wipe. */
static size_t rounded(size_t len)
{
	return (len + sizeof(union block) - 1) & ~(sizeof(union block) - 1);
}

static void *block_malloc(size_t len, const char *file, int line)
{
	union block *b;

	if (len == 0 || len > SIZE_MAX / 2)
		return NULL;
	b = malloc(sizeof *b + rounded(len));
	if (!b)
		return NULL;
	b->len = len;
	return b + 1;
}

static void block_free(void *p, const char *file, int line)
{
	union block *b = p;

	if (!b)
		return;
	b--;
	wipe(b + 1, b->len);
	free(b);
}

static void *block_realloc(void *p, size_t len, const char *file, int line)
{
	const union block *old = p;
	void *fresh;

	if (!old)
		return block_malloc(len, file, line);
	if (len == 0) {
		block_free(p, file, line);
		return NULL;
	}
	fresh = block_malloc(len, file, line);
	if (fresh) {
		memcpy(fresh, p, old[-1].len < len ? old[-1].len : len);
		block_free(p, file, line);
	}
	return fresh;
}

struct result openssl_init(struct err *reterr)
{
	const uint64_t opts = OPENSSL_INIT_NO_LOAD_CONFIG |
			      OPENSSL_INIT_NO_ATEXIT;

	/* Refused once OpenSSL has allocated, so also on each later call. */
	(void)CRYPTO_set_mem_functions(block_malloc, block_realloc, block_free);
	/* libcrypto first: OPENSSL_init_ssl would do it with its own flags. */
	if (OPENSSL_init_crypto(opts, NULL) == 1 &&
	    OPENSSL_init_ssl(opts, NULL) == 1)
		return RESULT_OK;
	ERR_clear_error();
	return FAIL(reterr, ERR_TLS, "OpenSSL does not initialise");
}
