/* SPDX-License-Identifier: Apache-2.0 */
/* A client that refuses a server: what it knows by then, and how it says so. */
#include "tls/handshake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>

#include "../support/tls_peer.h"
#include "tls/alert.h"
#include "tls/openssl_init.h"

static struct tls_party us;
static struct test_cert *peer_cert;
static struct sys sys; /* of our client */

static int setup(void **unused)
{
	struct test_spec us_spec = test_spec_leaf(TLS_CLIENT_ID);
	struct test_spec peer_spec = test_spec_leaf(TLS_SERVER_ID);

	assert_int_equal(openssl_init(NULL).cls, ERR_NONE);
	tls_party_init(&us, &us_spec, TEST_P256);
	peer_cert = test_cert_new(&peer_spec, us.root);
	sys = tls_sys;
	return 0;
}

static int teardown(void **unused)
{
	test_cert_free(peer_cert);
	tls_party_clear(&us);
	return 0;
}

static bool nobody(const void *ctx, const struct spiffe_id *peer)
{
	return false;
}

static void note_sealed_alert(int write_p, int version, int type, const void *p, size_t len,
			      SSL *ssl, void *arg)
{
	if (!write_p && type == SSL3_RT_INNER_CONTENT_TYPE && *(const uint8_t *)p == CT_ALERT)
		*(bool *)arg = true;
}

/* A byte a call, and nothing every other time. */
static ssize_t trickle(int fd, void *p, size_t len, int flags)
{
	static bool pause;

	pause = !pause;
	if (!pause)
		return recv(fd, p, len ? 1 : 0, flags);
	errno = EAGAIN;
	return -1;
}

static void as_usual(SSL_CTX *ctx)
{
}

/* Our client meets a server with this certificate and may speak to nobody. */
static void refuse_server_of(const struct test_cert *cert, void (*change)(SSL_CTX *),
			     bool *ret_sealed, struct tls_end *c, struct tls_end *s)
{
	SSL_CTX *ctx = tls_plain_ctx(cert, true);
	struct handshake_config cfg = { .context = us.context, .sys = &sys,
					.authorise = nobody };
	int fd[2];

	*c = *s = (struct tls_end){ 0 };
	*ret_sealed = false;
	change(ctx);
	tls_socketpair(fd);
	cfg.fd = fd[0];
	assert_int_equal(handshake_new(&cfg, &c->ours, NULL).cls, ERR_NONE);
	s->plain = tls_plain(ctx, fd[1], true);
	SSL_set_msg_callback(s->plain, note_sealed_alert);
	SSL_set_msg_callback_arg(s->plain, ret_sealed);
	tls_drive(c, fd[0], s, fd[1]);
	assert_false(c->done || s->done);
	assert_null(SSL_get0_peer_certificate(s->plain));
	assert_int_equal(s->reason, SSL_AD_REASON_OFFSET + c->err.tls_alert);
	handshake_free(c->ours);
	SSL_free(s->plain);
	SSL_CTX_free(ctx);
	close(fd[0]);
	close(fd[1]);
}

static void refuse_server(const struct test_cert *cert, bool *ret_sealed, struct tls_end *c,
			  struct tls_end *s)
{
	refuse_server_of(cert, as_usual, ret_sealed, c, s);
}

/* RFC 8446 6: alerts are encrypted like other messages. OpenSSL also reads plain
 * ones in a handshake; others, Go's TLS among them, do not. */
static void a_refused_server_hears_it_under_the_handshake_key(void **unused)
{
	struct test_spec spec = test_spec_leaf(TLS_SERVER_ID);
	struct test_cert *foreign = test_cert_new(&spec, NULL);
	struct tls_end c, s;
	bool sealed;

	refuse_server(peer_cert, &sealed, &c, &s);
	assert_int_equal(c.err.cls, ERR_PEER_DENIED);
	assert_true(sealed);
	refuse_server(foreign, &sealed, &c, &s);
	assert_int_equal(c.err.cls, ERR_CERT_CHAIN);
	assert_true(sealed);
	test_cert_free(foreign);
}

static void aes_256(SSL_CTX *ctx)
{
	SSL_CTX_set_ciphersuites(ctx, "TLS_AES_256_GCM_SHA384");
}

static void chacha20(SSL_CTX *ctx)
{
	SSL_CTX_set_ciphersuites(ctx, "TLS_CHACHA20_POLY1305_SHA256");
}

/* RFC 8446 4.1.4: the client's key share is of another group. */
static void hello_retry(SSL_CTX *ctx)
{
	SSL_CTX_set1_groups_list(ctx, "P-384");
}

/* RFC 8446 4.3.2: then the client's handshake key is made for its Finished. */
static void no_request(SSL_CTX *ctx)
{
	SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
}

static int protected_records;

static ssize_t count_records(int fd, const void *p, size_t len, int flags)
{
	const uint8_t *rec = p;

	for (size_t at = 0; at + RECORD_HEADER <= len;
	     at += RECORD_HEADER + ((size_t)rec[at + 3] << 8 | rec[at + 4]))
		protected_records += rec[at] == CT_APPLICATION_DATA;
	return send(fd, p, len, flags);
}

/* RFC 8446 5.3: one record is sealed under the client's handshake key, so its first
 * nonce serves once; and OpenSSL's own go nowhere. */
static void the_alert_is_all_that_leaves_under_any_suite(void **unused)
{
	static void (*const changes[])(SSL_CTX *) = { as_usual, aes_256, chacha20, hello_retry,
						      no_request };

	sys.send = count_records;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		struct tls_end c, s;
		bool sealed;

		protected_records = 0;
		refuse_server_of(peer_cert, changes[i], &sealed, &c, &s);
		assert_int_equal(c.err.cls, ERR_PEER_DENIED);
		assert_int_equal(protected_records, 1);
		assert_true(sealed);
	}
	sys = tls_sys;
}

/* Nobody waits for the rest of what a server has to say once it is known not to be
 * who it says; a server that is not in the rule has its proof awaited. Here each
 * message comes in single bytes. */
static void a_server_that_is_nobody_is_not_waited_for(void **unused)
{
	struct test_spec spec = test_spec_leaf(TLS_SERVER_ID);
	struct test_cert *foreign = test_cert_new(&spec, NULL);
	struct tls_end c, s;
	bool sealed;

	sys.recv = trickle;
	refuse_server(foreign, &sealed, &c, &s);
	assert_int_equal(c.err.cls, ERR_CERT_CHAIN);
	assert_false(sealed);
	refuse_server(peer_cert, &sealed, &c, &s);
	assert_int_equal(c.err.cls, ERR_PEER_DENIED);
	assert_true(sealed);
	sys = tls_sys;
	test_cert_free(foreign);
}

/* The certificate's public key with another's private one. */
static EVP_PKEY *key_that_does_not_fit(const struct test_cert *cert, const EVP_PKEY *other)
{
	OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	EVP_PKEY *key = NULL;
	BIGNUM *priv = NULL;
	uint8_t pub[133];
	size_t len;
	OSSL_PARAM *params;

	assert_true(EVP_PKEY_get_bn_param(other, OSSL_PKEY_PARAM_PRIV_KEY, &priv));
	assert_true(EVP_PKEY_get_octet_string_param(cert->key, OSSL_PKEY_PARAM_PUB_KEY, pub,
						    sizeof pub, &len));
	OSSL_PARAM_BLD_push_utf8_string(b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
	OSSL_PARAM_BLD_push_octet_string(b, OSSL_PKEY_PARAM_PUB_KEY, pub, len);
	OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, priv);
	params = OSSL_PARAM_BLD_to_param(b);
	assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
	assert_int_equal(EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params), 1);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(b);
	EVP_PKEY_CTX_free(ctx);
	BN_free(priv);
	return key;
}

/* RFC 8446 4.4.3: who shows the certificate of another has not said who it is; that
 * this other may not come is not what happened. */
static void a_server_without_the_key_of_its_certificate_is_not_judged_by_its_id(void **unused)
{
	struct test_cert thief = { peer_cert->x509, key_that_does_not_fit(peer_cert, us.leaf->key) };
	struct tls_end c, s;
	bool sealed;

	refuse_server(&thief, &sealed, &c, &s);
	assert_int_equal(c.err.cls, ERR_TLS);
	assert_int_equal(c.err.tls_alert, ALERT_decrypt_error);
	EVP_PKEY_free(thief.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refused_server_hears_it_under_the_handshake_key),
		cmocka_unit_test(the_alert_is_all_that_leaves_under_any_suite),
		cmocka_unit_test(a_server_that_is_nobody_is_not_waited_for),
		cmocka_unit_test(a_server_without_the_key_of_its_certificate_is_not_judged_by_its_id),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
