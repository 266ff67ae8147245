/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/handshake.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/registers.h"
#include "tls/alert.h"
#include "tls/handshake_internal.h"
#include "tls/key_schedule.h"

static void cleanse_secrets(struct handshake *h)
{
	OPENSSL_cleanse(h->secrets, sizeof h->secrets);
}

void handshake_free(struct handshake *h)
{
	if (!h)
		return;
	SSL_free(h->ssl);
	tls_context_unref(h->context);
	cleanse_secrets(h);
	free(h);
}

static bool set_up_ssl(struct handshake *h, const char *sni)
{
	BIO *bio;

	h->ssl = SSL_new(h->context->ssl_ctx);
	if (!h->ssl || !handshake_attach(h->ssl, h))
		return false;
	bio = socket_bio_new(h->context->bio_method, &h->io);
	if (!bio)
		return false;
	SSL_set_bio(h->ssl, bio, bio); /* takes the one reference */
	if (h->server)
		SSL_set_accept_state(h->ssl);
	else
		SSL_set_connect_state(h->ssl);
	return h->server || !sni || SSL_set_tlsext_host_name(h->ssl, sni) == 1;
}

struct result handshake_new(const struct handshake_config *cfg,
			    struct handshake **ret, struct err *reterr)
{
	AUTO_FREE(handshake) h = calloc(1, sizeof *h);

	if (!h)
		return FAIL(reterr, ERR_NOMEM, "no memory for a handshake");
	h->context = tls_context_ref(cfg->context);
	h->io = (struct socket_io){ .sys = cfg->sys, .fd = cfg->fd };
	h->server = cfg->server;
	h->authorise = cfg->server ? NULL : cfg->authorise;
	h->ctx = cfg->ctx;
	h->status = HS_WANT_WRITE;
	h->alert_received = -1;
	h->alert_sent = -1;
	h->alert_muted = -1;
	if (!set_up_ssl(h, cfg->sni)) {
		ERR_clear_error();
		return FAIL(reterr, ERR_NOMEM, "cannot set up a handshake");
	}
	*ret = STEAL(h);
	return RESULT_OK;
}

static enum handshake_status end(struct handshake *h,
				 enum handshake_status status)
{
	if (status == HS_FAILED)
		cleanse_secrets(h);
	SSL_free(h->ssl);
	h->ssl = NULL;
	h->status = status;
	return status;
}

static enum handshake_status fail(struct handshake *h)
{
	if (h->refusal.cls != ERR_NONE)
		handshake_send_refusal(h);
	handshake_explain(h);
	return end(h, HS_FAILED);
}

/* OpenSSL gave up, or the peer did. Whether the peer may come is no question unless
 * it has proved who it is. */
static enum handshake_status fail_early(struct handshake *h)
{
	if (h->refusal.cls == ERR_PEER_DENIED) {
		h->refusal = (struct err){ .cls = ERR_NONE };
		handshake_send_muted(h);
	}
	return fail(h);
}

/* RFC 6066 4: OpenSSL servers agree to what a client asks for, unasked. */
static size_t max_plaintext(const SSL *ssl)
{
	const SSL_SESSION *s = SSL_get0_session(ssl);
	unsigned code = s ? SSL_SESSION_get_max_fragment_length(s) : 0;

	if (code >= TLSEXT_max_fragment_length_512 &&
	    code <= TLSEXT_max_fragment_length_4096)
		return (size_t)512 << (code - TLSEXT_max_fragment_length_512);
	return RECORD_PLAIN_MAX;
}

/* What must hold for both sequence numbers to be 0 and no byte to be lost.
 * NULL if it does, else what does not. */
static const char *hand_over_fault(const struct handshake *h)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(h->ssl);
	const struct suite_info *suite =
		cipher ? suite_info_get(SSL_CIPHER_get_protocol_id(cipher)) :
			 NULL;

	if (!suite || SSL_version(h->ssl) != TLS1_3_VERSION)
		return "not TLS 1.3 with a suite of ours";
	if (!h->verified || SSL_session_reused(h->ssl))
		return "the peer was not verified";
	if (SSL_has_pending(h->ssl) || BIO_wpending(SSL_get_wbio(h->ssl)) > 0)
		return "OpenSSL holds bytes of the connection";
	if (!h->finished[0] || !h->finished[1] || h->after_finished)
		return "a record followed Finished";
	if (h->secrets[SECRET_CLIENT_APP].len != suite->secret_len ||
	    h->secrets[SECRET_SERVER_APP].len != suite->secret_len)
		return "no traffic secrets";
	return NULL;
}

static enum handshake_status finish(struct handshake *h)
{
	const char *fault = hand_over_fault(h);

	if (h->refusal.cls != ERR_NONE)
		return fail(h);
	if (fault) {
		(void)FAIL(&h->err, ERR_TLS, "hand-over: %s", fault);
		return end(h, HS_FAILED);
	}
	h->suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(h->ssl));
	h->max_plaintext = max_plaintext(h->ssl);
	return end(h, HS_DONE);
}

static enum handshake_status drive(struct handshake *h)
{
	int r;

	ERR_clear_error(); /* SSL_get_error would read an older one */
	r = SSL_do_handshake(h->ssl);
	if (r == 1)
		return finish(h);
	switch (SSL_get_error(h->ssl, r)) {
	case SSL_ERROR_WANT_READ:
		/* A peer that did not say who it is is not waited for. */
		if (h->refusal.cls != ERR_NONE && h->refusal.cls != ERR_PEER_DENIED)
			return fail(h);
		return h->status = HS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return h->status = HS_WANT_WRITE;
	default:
		return fail_early(h);
	}
}

void handshake_use_fd(struct handshake *h, int fd)
{
	h->io.fd = fd;
}

enum handshake_status handshake_step(struct handshake *h, struct err *reterr)
{
	enum handshake_status status = h->ssl ? drive(h) : h->status;

	ERR_clear_error();
	if (status == HS_FAILED && reterr)
		*reterr = h->err;
	return status;
}

const struct handshake_peer *handshake_peer(const struct handshake *h)
{
	return &h->peer;
}

struct result handshake_take(struct handshake *h, struct handshake_keys *ret,
			     struct err *reterr)
{
	const struct secret *client = &h->secrets[SECRET_CLIENT_APP];
	const struct secret *server = &h->secrets[SECRET_SERVER_APP];

	if (h->status != HS_DONE || h->taken)
		return FAIL(reterr, ERR_TLS, "no keys to take");
	*ret = (struct handshake_keys){
		.suite = h->suite,
		.secret_len = client->len,
		.max_plaintext = h->max_plaintext,
	};
	memcpy(ret->read_secret, (h->server ? client : server)->bytes,
	       SECRET_MAX);
	memcpy(ret->write_secret, (h->server ? server : client)->bytes,
	       SECRET_MAX);
	h->taken = true;
	cleanse_secrets(h);
	registers_cleanse();
	return RESULT_OK;
}
