/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of a peer before anything is encrypted, against our client or our
 * server (first byte), whole or dribbled: no crash, no leak, no end but failure,
 * and OpenSSL's error queue left clean. The socket is the input.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tls/handshake_internal.h"
#include "tls/openssl_init.h"

/* neg_handshake_fuzz.c claims that we never answer a server's hello. */
#ifndef PLANTED_CLAIM
#define PLANTED_CLAIM(sent) true
#endif

#define CHECK(cond) \
	do { \
		if (!(cond)) \
			abort(); \
	} while (0)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t *input;
static size_t input_len, sent;
static bool dribble;
static struct tls_context context;

static ssize_t from_input(int fd, void *buf, size_t len, int flags)
{
	size_t n = len < input_len ? len : input_len;

	if (dribble && n > 1)
		n = 1;
	memcpy(buf, input, n);
	input += n, input_len -= n;
	return (ssize_t)n; /* 0 is the end of the stream */
}

static ssize_t to_nowhere(int fd, const void *buf, size_t len, int flags)
{
	sent += len;
	return (ssize_t)len;
}

static int64_t no_clock(void)
{
	return 0;
}

static const struct sys fuzz_sys = {
	.send = to_nowhere,
	.recv = from_input,
	.wall_s = no_clock,
};

/* A context by hand: what a snapshot would add (an identity) is of no use to
 * these bytes except a key for a server to choose a signature with. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	EVP_PKEY *key;
	X509 *cert = X509_new();

	CHECK(cert && !failed(openssl_init(NULL)));
	key = EVP_EC_gen("P-256");
	CHECK(key && X509_set_pubkey(cert, key) == 1 &&
	      X509_sign(cert, key, EVP_sha256()) > 0);
	atomic_init(&context.refs, 1);
	context.bio_method = socket_bio_method();
	context.ssl_ctx = SSL_CTX_new(TLS_method());
	CHECK(context.bio_method && context.ssl_ctx);
	SSL_CTX_set_min_proto_version(context.ssl_ctx, TLS1_3_VERSION);
	SSL_CTX_set_num_tickets(context.ssl_ctx, 0);
	SSL_CTX_set_verify(context.ssl_ctx,
			   SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
	CHECK(SSL_CTX_use_cert_and_key(context.ssl_ctx, cert, key, NULL, 1) ==
	      1);
	handshake_set_callbacks(context.ssl_ctx);
	X509_free(cert);
	EVP_PKEY_free(key);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct handshake_config cfg = { .context = &context,
					.sys = &fuzz_sys,
					.fd = -1 };
	enum handshake_status s = HS_WANT_READ;
	struct handshake_keys keys;
	struct err err = { 0 };
	struct handshake *h;

	if (size < 1)
		return 0;
	cfg.server = data[0] & 1;
	dribble = data[0] & 2;
	input = data + 1;
	input_len = size - 1;
	sent = 0;
	CHECK(!failed(handshake_new(&cfg, &h, NULL)));
	while (s != HS_DONE && s != HS_FAILED)
		s = handshake_step(h, &err);
	CHECK(s == HS_FAILED && err.cls != ERR_NONE);
	CHECK(failed(handshake_take(h, &keys, NULL)));
	CHECK(ERR_peek_error() == 0);
	CHECK(PLANTED_CLAIM(sent));
	handshake_free(h);
	return 0;
}
