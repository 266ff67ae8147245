/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the handshake share. */
#ifndef SVIDWRAP_TLS_HANDSHAKE_INTERNAL_H
#define SVIDWRAP_TLS_HANDSHAKE_INTERNAL_H

#include <stdatomic.h>

#include <openssl/ssl.h>

#include "tls/handshake.h"
#include "tls/socket_bio.h"

struct tls_context {
	atomic_uint refs;
	struct svid_snapshot *snap;
	SSL_CTX *ssl_ctx;
	BIO_METHOD *bio_method;
};

/* One traffic secret as the keylog callback gives it. */
struct secret {
	uint8_t bytes[SECRET_MAX];
	size_t len;
};

enum secret_kind {
	SECRET_CLIENT_HANDSHAKE,
	SECRET_CLIENT_APP,
	SECRET_SERVER_APP,
	SECRETS
};

struct handshake {
	struct tls_context *context;
	SSL *ssl; /* NULL once it has ended, well or not */
	struct socket_io io;
	bool server;
	bool (*authorise)(const void *ctx, const struct spiffe_id *peer);
	const void *ctx;
	enum handshake_status status;
	bool taken;

	struct secret secrets[SECRETS];
	enum tls_suite suite;
	size_t max_plaintext;
	struct handshake_peer peer;

	/* What the callbacks saw. */
	bool verified;        /* the peer's chain was judged and accepted */
	struct err refusal;   /* cls is not ERR_NONE: why it was not */
	int alert_received;   /* last one that matters; -1: none */
	int alert_sent;       /* -1: none */
	int alert_muted;      /* OpenSSL's, after a refusal: not sent; -1: none */
	bool finished[2];     /* [0] read, [1] written */
	bool after_finished;  /* a record beyond the Finished of its direction */
	struct err err;       /* after HS_FAILED */
};

/* handshake_callbacks.c: makes ssl_ctx report to the handshake of each SSL. */
void handshake_set_callbacks(SSL_CTX *ssl_ctx);
/* The handshake an SSL belongs to. */
struct handshake *handshake_of(const SSL *ssl);
bool handshake_attach(SSL *ssl, struct handshake *h);

/* handshake_error.c: why the handshake failed, from the callbacks, the
 * transport and OpenSSL's error queue, into h->err. */
void handshake_explain(struct handshake *h);

/* handshake_refuse.c: sends the alert of h->refusal ourselves; OpenSSL's is muted
 * and could not say access_denied. One try, best effort. */
void handshake_send_refusal(struct handshake *h);
/* The same with the alert that OpenSSL would have sent, if it would have. */
void handshake_send_muted(struct handshake *h);

#endif
