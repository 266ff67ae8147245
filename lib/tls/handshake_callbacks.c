/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/handshake_internal.h"

#include <string.h>

#include "spiffe/svid_verify.h"
#include "tls/alert.h"

struct handshake *handshake_of(const SSL *ssl)
{
	return SSL_get_ex_data(ssl, 0); /* OpenSSL's "app data" */
}

bool handshake_attach(SSL *ssl, struct handshake *h)
{
	return SSL_set_ex_data(ssl, 0, h) == 1;
}

/* ---- secrets ---- */

static const struct {
	const char *label;
	enum secret_kind kind;
} keylog_labels[] = {
	{ "CLIENT_HANDSHAKE_TRAFFIC_SECRET ", SECRET_CLIENT_HANDSHAKE },
	{ "CLIENT_TRAFFIC_SECRET_0 ", SECRET_CLIENT_APP },
	{ "SERVER_TRAFFIC_SECRET_0 ", SECRET_SERVER_APP },
};

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* A secret that does not parse stays empty, and the handshake fails closed. */
static void parse_secret(const char *hex, struct secret *ret)
{
	size_t n = 0;

	while (n < SECRET_MAX && hex_digit(hex[2 * n]) >= 0 &&
	       hex_digit(hex[2 * n + 1]) >= 0) {
		ret->bytes[n] = (uint8_t)(hex_digit(hex[2 * n]) << 4 |
					  hex_digit(hex[2 * n + 1]));
		n++;
	}
	ret->len = hex[2 * n] == '\0' ? n : 0;
}

/* line: "LABEL client_random secret", in hex. OpenSSL cleanses it afterwards;
 * no copy of it is made here. */
static void on_keylog(const SSL *ssl, const char *line)
{
	struct handshake *h = handshake_of(ssl);

	for (size_t i = 0; i < sizeof keylog_labels / sizeof *keylog_labels;
	     i++) {
		const char *label = keylog_labels[i].label, *hex;

		if (strncmp(line, label, strlen(label)) != 0)
			continue;
		hex = strchr(line + strlen(label), ' ');
		if (hex)
			parse_secret(hex + 1,
				     &h->secrets[keylog_labels[i].kind]);
	}
}

/* ---- the peer's certificate ---- */

static void remember_peer(struct handshake *h, const struct svid_peer *p)
{
	h->peer.id = p->id;
	memcpy(h->peer.serial, p->serial, sizeof h->peer.serial);
	h->peer.not_after = p->not_after;
}

/*
 * Judges the peer. On a refusal OpenSSL is muted: the alert is ours to send. A
 * client's handshake runs on, muted, to where it would end: the peer has proved by
 * then that the certificate is its own (a refused ID is no mere claim), and the
 * alert can be sealed. h->refusal and h->verified both keep it from succeeding.
 */
static int on_certificate(X509_STORE_CTX *store, void *arg)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(
		store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct handshake *h = handshake_of(ssl);
	struct svid_peer peer = { 0 };
	struct result r;

	h->verified = false;
	r = svid_verify_peer(h->context->snap, X509_STORE_CTX_get0_cert(store),
			     X509_STORE_CTX_get0_untrusted(store),
			     h->io.sys->wall_s(), &peer, &h->refusal);
	remember_peer(h, &peer);
	if (!failed(r) && h->authorise && !h->authorise(h->ctx, &peer.id)) {
		r = FAIL(&h->refusal, ERR_PEER_DENIED,
			 "%.200s is not in the rule", peer.id.uri);
		h->refusal.tls_alert = ALERT_access_denied;
	}
	h->verified = !failed(r);
	h->io.muted = failed(r);
	X509_STORE_CTX_set_error(store, failed(r) && h->server
						? X509_V_ERR_APPLICATION_VERIFICATION
						: X509_V_OK);
	return !failed(r) || !h->server;
}

/* ---- what crosses the wire ---- */

static void on_info(const SSL *ssl, int where, int value)
{
	struct handshake *h = handshake_of(ssl);
	int number = value & 0xff;

	/* RFC 8446 6.1: user_canceled alone ends nothing. */
	if (where == SSL_CB_READ_ALERT && number != ALERT_user_canceled)
		h->alert_received = number;
	else if (where == SSL_CB_WRITE_ALERT)
		*(h->io.muted ? &h->alert_muted : &h->alert_sent) = number;
}

/* Notices any record of a direction after that direction's Finished: it would
 * be under an application key, whose sequence number could not be 0. */
static void on_message(int write_p, int version, int content_type,
		       const void *buf, size_t len, SSL *ssl, void *arg)
{
	struct handshake *h = handshake_of(ssl);
	const uint8_t *p = buf;
	bool *finished = &h->finished[write_p ? 1 : 0];

	if (h->io.muted)
		return; /* never leaves; the refusal ends the handshake */
	if (*finished)
		h->after_finished = true;
	else if (content_type == SSL3_RT_HANDSHAKE && len > 0 &&
		 p[0] == SSL3_MT_FINISHED)
		*finished = true;
}

void handshake_set_callbacks(SSL_CTX *ssl_ctx)
{
	SSL_CTX_set_keylog_callback(ssl_ctx, on_keylog);
	SSL_CTX_set_cert_verify_callback(ssl_ctx, on_certificate, NULL);
	SSL_CTX_set_info_callback(ssl_ctx, on_info);
	SSL_CTX_set_msg_callback(ssl_ctx, on_message);
}
