/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tls_rig_start(struct tls_rig *g, const struct tls_party *p, SSL_CTX *ctx,
		   bool server)
{
	*g = (struct tls_rig){ .ctx = ctx };
	tls_socketpair(g->fd);
	g->ours.ours = tls_ours(p, g->fd[0], server);
	g->peer.plain = tls_plain(ctx, g->fd[1], !server);
}

void tls_rig_drive(struct tls_rig *g)
{
	tls_drive(&g->ours, g->fd[0], &g->peer, g->fd[1]);
	if (!g->ours.done || !g->peer.done) {
		fprintf(stderr, "ours: %s\n", g->ours.err.text);
		abort();
	}
	tls_link_init(&g->link, g->ours.ours, g->fd[0]);
}

void tls_rig_end(struct tls_rig *g)
{
	tls_link_clear(&g->link);
	handshake_free(g->ours.ours);
	SSL_free(g->peer.plain);
	SSL_CTX_free(g->ctx);
	close(g->fd[0]);
	close(g->fd[1]);
}

void tls_rig_expect(struct tls_rig *g, const char *text)
{
	static uint8_t buf[RECORD_MAX];
	enum content_type type;
	long n = tls_link_recv(&g->link, &type, buf);

	if (n != (long)strlen(text) || type != CT_APPLICATION_DATA ||
	    memcmp(buf, text, strlen(text)) != 0)
		abort();
}

void tls_rig_exchange(struct tls_rig *g)
{
	char got[16];

	tls_link_send(&g->link, CT_APPLICATION_DATA, "hello", 5);
	if (SSL_read(g->peer.plain, got, sizeof got) != 5 ||
	    memcmp(got, "hello", 5) != 0 ||
	    SSL_write(g->peer.plain, "world", 5) != 5)
		abort();
	tls_rig_expect(g, "world");
}
