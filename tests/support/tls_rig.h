/* SPDX-License-Identifier: Apache-2.0 */
/* Our handshake and our records over a socketpair to a plain OpenSSL peer. */
#ifndef SVIDWRAP_TESTS_TLS_RIG_H
#define SVIDWRAP_TESTS_TLS_RIG_H

#include "tls_peer.h"

struct tls_rig {
	int fd[2]; /* ours, the peer's */
	SSL_CTX *ctx;
	struct tls_end ours, peer;
	struct tls_link link;
};

/* server: which end we are. The rig takes ctx. */
void tls_rig_start(struct tls_rig *g, const struct tls_party *p, SSL_CTX *ctx,
		   bool server);
/* To the end of the handshake; aborts when it fails. */
void tls_rig_drive(struct tls_rig *g);
void tls_rig_end(struct tls_rig *g);

/* The next record that we read is this application data, or aborts. */
void tls_rig_expect(struct tls_rig *g, const char *text);
/* A few bytes each way. */
void tls_rig_exchange(struct tls_rig *g);

#endif
