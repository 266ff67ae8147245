/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/handshake_internal.h"

#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "spiffe/svid_snapshot_internal.h"
#include "tls/openssl_init.h"

/* AES-128 first: the fastest where there is AES in hardware, and as much as
 * P-256 and X25519 are worth. ChaCha20 for peers that prefer it. */
#define SUITES \
	"TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:" \
	"TLS_CHACHA20_POLY1305_SHA256"
#define GROUPS "X25519:P-256:P-384"
/* RFC 8446 4.2.3. The PKCS#1 ones are for signatures inside certificates only;
 * without them some peers would not offer a chain that has one. */
#define SIGALGS \
	"ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:" \
	"ecdsa_secp521r1_sha512:ed25519:rsa_pss_rsae_sha256:" \
	"rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:rsa_pkcs1_sha256:" \
	"rsa_pkcs1_sha384:rsa_pkcs1_sha512"
#define SECURITY_LEVEL 2 /* 112 bits: RSA from 2048, whatever the build says */

static bool set_protocol(SSL_CTX *c)
{
	SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
				       SSL_OP_NO_COMPRESSION);
	SSL_CTX_clear_options(c, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(c, SSL_MODE_NO_AUTO_CHAIN);
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_read_ahead(c, 0); /* what follows Finished is not ours */
	SSL_CTX_set_quiet_shutdown(c, 1);
	SSL_CTX_set_security_level(c, SECURITY_LEVEL);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
	/* SSL_OP_NO_TICKET alone would still send two. */
	return SSL_CTX_set_num_tickets(c, 0) == 1 &&
	       SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_max_proto_version(c, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_set_ciphersuites(c, SUITES) == 1 &&
	       SSL_CTX_set1_groups_list(c, GROUPS) == 1 &&
	       SSL_CTX_set1_sigalgs_list(c, SIGALGS) == 1;
}

/* The chain as it is sent: roots are the peer's to know (RFC 8446 4.4.2). */
static bool set_identity(SSL_CTX *c, const struct svid_snapshot *snap)
{
	STACK_OF(X509) *chain = svid_snapshot_chain(snap);
	STACK_OF(X509) *sent = sk_X509_new_null();
	bool ok = sent != NULL;

	for (int i = 0; ok && i < sk_X509_num(chain); i++) {
		X509 *x = sk_X509_value(chain, i);

		if (!(X509_get_extension_flags(x) & EXFLAG_SS))
			ok = sk_X509_push(sent, x) > 0;
	}
	ok = ok && SSL_CTX_use_cert_and_key(c, svid_snapshot_leaf(snap),
					    svid_snapshot_key(snap), sent,
					    1) == 1;
	sk_X509_free(sent);
	return ok;
}

static void context_free(struct tls_context *c)
{
	SSL_CTX_free(c->ssl_ctx);
	BIO_meth_free(c->bio_method);
	svid_snapshot_unref(c->snap);
	free(c);
}

struct result tls_context_new(struct svid_snapshot *snap,
			      struct tls_context **ret, struct err *reterr)
{
	struct result r = openssl_init(reterr);
	struct tls_context *c;

	if (failed(r))
		return r;
	c = calloc(1, sizeof *c);
	if (!c)
		return FAIL(reterr, ERR_NOMEM, "no memory for a TLS context");
	atomic_init(&c->refs, 1);
	c->snap = svid_snapshot_ref(snap);
	c->bio_method = socket_bio_method();
	c->ssl_ctx = SSL_CTX_new(TLS_method()); /* for both roles */
	if (!c->ssl_ctx || !c->bio_method)
		r = FAIL(reterr, ERR_NOMEM, "no memory for a TLS context");
	else if (!set_protocol(c->ssl_ctx))
		r = FAIL(reterr, ERR_TLS, "OpenSSL lacks what TLS 1.3 needs");
	else if (!set_identity(c->ssl_ctx, snap))
		r = FAIL(reterr, ERR_TLS, "OpenSSL refuses the SVID: %s",
			 ERR_reason_error_string(ERR_peek_last_error()));
	ERR_clear_error();
	if (failed(r)) {
		context_free(c);
		return r;
	}
	handshake_set_callbacks(c->ssl_ctx);
	*ret = c;
	return RESULT_OK;
}

struct tls_context *tls_context_ref(struct tls_context *c)
{
	atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

struct tls_context *tls_context_unref(struct tls_context *c)
{
	if (c && atomic_fetch_sub_explicit(&c->refs, 1,
					   memory_order_acq_rel) == 1)
		context_free(c);
	return NULL;
}

const struct svid_snapshot *tls_context_snapshot(const struct tls_context *c)
{
	return c->snap;
}
