/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two ends of a socketpair for handshake tests: ours (struct handshake), or a
 * plain OpenSSL SSL that does what a test tells it. The clock stands at
 * TEST_NOW. Nothing here fails softly: what cannot be set up aborts.
 */
#ifndef SVIDWRAP_TESTS_TLS_PEER_H
#define SVIDWRAP_TESTS_TLS_PEER_H

#include <openssl/ssl.h>

#include "test_ca.h"
#include "tls/handshake.h"

#define TLS_TD_ROOT "root"
#define TLS_SERVER_ID "spiffe://corp.local/server"
#define TLS_CLIENT_ID "spiffe://corp.local/client"

/* ---- transport ---- */

/* Faults of tls_sys, for the descriptor `fd` alone (-1: none). */
struct tls_fault {
	int fd;
	bool dribble;       /* one byte a call, EAGAIN every other call */
	long eof_after;     /* recv sees EOF past so many bytes; -1: never */
	long got;           /* bytes received so far */
	int recv_errno;     /* recv fails with it */
	int send_errno;     /* send fails with it */
};
extern struct tls_fault tls_fault;
extern const struct sys tls_sys;
void tls_fault_reset(void);

/* Non-blocking. */
void tls_socketpair(int fd[2]);

/* ---- identities ---- */

struct tls_party {
	struct test_cert *root, *leaf;
	struct svid_snapshot *snap;
	struct tls_context *context;
};

/* A leaf made after spec under a root of that key; trusts that same root. */
void tls_party_init(struct tls_party *p, const struct test_spec *spec,
		    enum test_key root_key);
/* The same with a given root (shared by both parties) */
void tls_party_init_under(struct tls_party *p, const struct test_spec *spec,
			  struct test_cert *root);
void tls_party_clear(struct tls_party *p);

/* ---- ends ---- */

struct handshake *tls_ours(const struct tls_party *p, int fd, bool server);

/* A plain OpenSSL end that accepts any certificate. cert may be NULL (none). */
SSL_CTX *tls_plain_ctx(const struct test_cert *cert, bool server);
SSL *tls_plain(SSL_CTX *ctx, int fd, bool server);

struct tls_end {
	struct handshake *ours; /* or */
	SSL *plain;
	bool over;
	bool done;              /* well */
	struct err err;         /* ours, after a failure */
	int reason;             /* plain: reason of the first error */
};

/* Drives both until each is over, or neither gets on (aborts). A failed end's
 * descriptor is shut down for writing, as its owner would. */
void tls_drive(struct tls_end *a, int a_fd, struct tls_end *b, int b_fd);

/* ---- data after the handshake ---- */

struct tls_link {
	struct record_dir r, w;
	uint64_t r_seq, w_seq;
	size_t max_plaintext;
	int fd;
};
void tls_link_init(struct tls_link *l, struct handshake *h, int fd);
void tls_link_clear(struct tls_link *l);
void tls_link_send(struct tls_link *l, enum content_type type,
		   const void *data, size_t len);
/* Reads one record from the socket; out holds RECORD_MAX. Returns the length, or
 * -1 at EOF or when nothing is there. */
long tls_link_recv(struct tls_link *l, enum content_type *type, uint8_t *out);

#endif
