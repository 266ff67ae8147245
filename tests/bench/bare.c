/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Handshakes of OpenSSL alone, to compare with: TLS 1.3, both sides with a certificate that is verified up to its
 * authority, no tickets. Counted as in calls.c.
 *   bare OP COUNT PORT FOLDER       connect-handshake or accept-handshake
 *   bare serve PORT FOLDER          the other side of the first, for ever
 *   bare come PORT COUNT FOLDER     of the second
 * FOLDER has svid.pem, key.pem, bundle.pem.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <unistd.h>

#include "loopback.h"

/* What OpenSSL says of it, too. */
static void die_tls(const char *what)
{
	ERR_print_errors_fp(stderr);
	die(what);
}

static SSL_CTX *context(const char *folder)
{
	char cert[256], key[256], ca[256];
	SSL_CTX *ctx = SSL_CTX_new(TLS_method());

	snprintf(cert, sizeof(cert), "%s/svid.pem", folder);
	snprintf(key, sizeof(key), "%s/key.pem", folder);
	snprintf(ca, sizeof(ca), "%s/bundle.pem", folder);
	if (!ctx || !SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) ||
	    !SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256") ||
	    SSL_CTX_use_certificate_chain_file(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
	    !SSL_CTX_load_verify_file(ctx, ca))
		die_tls("context");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 0);
	SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN); /* it would send the authority along, which is parsed, too */
	return ctx;
}

/* One handshake, a byte from the server, the end. */
static void talk(SSL_CTX *ctx, int fd, int server)
{
	SSL *ssl = SSL_new(ctx);
	char byte = '!';

	if (fd < 0 || !SSL_set_fd(ssl, fd) || (server ? SSL_accept(ssl) : SSL_connect(ssl)) != 1 ||
	    (server ? SSL_write(ssl, &byte, 1) : SSL_read(ssl, &byte, 1)) != 1)
		die_tls(server ? "accept" : "connect");
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
}

static void connect_once(SSL_CTX *ctx, int port) { talk(ctx, connect_to(port), 0); }

static void accept_once(SSL_CTX *ctx, int listener) { talk(ctx, accept(listener, NULL, NULL), 1); }

__attribute__((noinline)) void counted(void (*op)(SSL_CTX *, int), SSL_CTX *ctx, int n);
void counted(void (*op)(SSL_CTX *, int), SSL_CTX *ctx, int n)
{
	op(ctx, n);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";

	if (argc == 4 && strcmp(what, "serve") == 0) {
		SSL_CTX *ctx = context(argv[3]);
		int listener = listen_on(atoi(argv[2]));
		for (;;)
			accept_once(ctx, listener);
	}
	if (argc == 5 && strcmp(what, "come") == 0) {
		SSL_CTX *ctx = context(argv[4]);
		for (int i = 0; i < WARM + atoi(argv[3]); i++)
			connect_once(ctx, atoi(argv[2]));
		return 0;
	}
	int server = strcmp(what, "accept-handshake") == 0;
	if (argc == 5 && (server || strcmp(what, "connect-handshake") == 0)) {
		SSL_CTX *ctx = context(argv[4]);
		void (*op)(SSL_CTX *, int) = server ? accept_once : connect_once;
		int to = server ? listen_on(atoi(argv[3])) : atoi(argv[3]);
		for (int i = 0; i < WARM; i++)
			op(ctx, to);
		for (int i = 0; i < atoi(argv[2]); i++)
			counted(op, ctx, to);
		return 0;
	}
	fprintf(stderr, "usage: bare OP COUNT PORT FOLDER | bare serve PORT FOLDER | bare come PORT COUNT FOLDER\n");
	return 2;
}
