/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that must not get in: what we say, and what they hear. */
#include "tls/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>

#include "../support/tls_peer.h"
#include "tls/alert.h"
#include "tls/openssl_init.h"

static struct tls_party us;
static struct test_cert *root, *stranger;

static int setup(void **unused)
{
	struct test_spec r = test_spec_root(TLS_TD_ROOT);
	struct test_spec l = test_spec_leaf(TLS_SERVER_ID);

	assert_int_equal(openssl_init(NULL).cls, ERR_NONE);
	root = test_cert_new(&r, NULL);
	stranger = test_cert_new(&r, NULL);
	tls_party_init_under(&us, &l, root);
	return 0;
}

static int teardown(void **unused)
{
	tls_party_clear(&us);
	test_cert_free(root);
	test_cert_free(stranger);
	return 0;
}

static void expired(struct test_spec *s)
{
	s->not_before = TEST_NOW - 2 * TEST_DAY;
	s->not_after = TEST_NOW - TEST_DAY;
}

static void not_yet(struct test_spec *s)
{
	s->not_before = TEST_NOW + TEST_DAY;
}

static void two_ids(struct test_spec *s)
{
	s->san = "URI:spiffe://corp.local/a,URI:spiffe://corp.local/b";
}

static void no_id(struct test_spec *s)
{
	s->san = "DNS:corp.local";
}

static void a_signer(struct test_spec *s)
{
	s->basic = "critical,CA:TRUE";
	s->usage = "critical,digitalSignature,keyCertSign";
}

static void other_domain(struct test_spec *s)
{
	s->san = "URI:spiffe://elsewhere.example/x";
}

static void fine(struct test_spec *s)
{
}

static const struct {
	const char *name;
	void (*spoil)(struct test_spec *);
	bool foreign; /* signed by a root that nobody trusts */
	enum err_class cls;
	bool id_known;
} rows[] = {
	{ "expired", expired, false, ERR_CERT_EXPIRED, true },
	{ "not yet valid", not_yet, false, ERR_CERT_NOT_YET, true },
	{ "two SPIFFE IDs", two_ids, false, ERR_CERT_SVID, false },
	{ "no SPIFFE ID", no_id, false, ERR_CERT_SVID, false },
	{ "a signing certificate", a_signer, false, ERR_CERT_SVID, true },
	{ "another domain", other_domain, false, ERR_CERT_NO_BUNDLE, true },
	{ "a foreign root", fine, true, ERR_CERT_CHAIN, true },
};
#define ROWS (sizeof rows / sizeof *rows)

static struct test_cert *bad_cert(size_t row)
{
	struct test_spec spec = test_spec_leaf(TLS_CLIENT_ID);

	rows[row].spoil(&spec);
	return test_cert_new(&spec, rows[row].foreign ? stranger : root);
}

static void finish(struct tls_end *ours, struct tls_end *plain, SSL_CTX *ctx,
		   struct test_cert *cert, const int fd[2])
{
	handshake_free(ours->ours);
	SSL_free(plain->plain);
	SSL_CTX_free(ctx);
	test_cert_free(cert);
	close(fd[0]);
	close(fd[1]);
}

/* OpenSSL's reason for a fatal alert that it read. */
static int reason_of(int alert)
{
	return SSL_AD_REASON_OFFSET + alert;
}

static void check_ours(size_t row, const struct tls_end *ours)
{
	const struct handshake_peer *peer = handshake_peer(ours->ours);

	assert_false(ours->done);
	if (ours->err.cls != rows[row].cls)
		print_error("%s: %s: %s\n", rows[row].name,
			    err_class_name(ours->err.cls), ours->err.text);
	assert_int_equal(ours->err.cls, rows[row].cls);
	assert_true(ours->err.tls_alert > 0);
	assert_int_equal(peer->id.len > 0, rows[row].id_known);
}

/* RFC 8446 4.4.2.4, 6.2: the client refuses inside the handshake, under its
 * handshake key, with the very alert its error names. */
static void a_bad_server_hears_why(void **unused)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct test_cert *bad = bad_cert(i);
		SSL_CTX *ctx = tls_plain_ctx(bad, true);
		struct tls_end c = { 0 }, s = { 0 };
		int fd[2];

		tls_socketpair(fd);
		c.ours = tls_ours(&us, fd[0], false);
		s.plain = tls_plain(ctx, fd[1], true);
		tls_drive(&c, fd[0], &s, fd[1]);
		check_ours(i, &c);
		assert_false(s.done);
		assert_int_equal(s.reason, reason_of(c.err.tls_alert));
		assert_null(SSL_get0_peer_certificate(s.plain));
		finish(&c, &s, ctx, bad, fd);
	}
}

/* A TLS 1.3 client has finished by then: it reads the alert as the first record
 * under the server's application key. */
static void a_bad_client_hears_why(void **unused)
{
	for (size_t i = 0; i < ROWS; i++) {
		struct test_cert *bad = bad_cert(i);
		SSL_CTX *ctx = tls_plain_ctx(bad, false);
		struct tls_end c = { 0 }, s = { 0 };
		char byte;
		int fd[2];

		tls_socketpair(fd);
		c.plain = tls_plain(ctx, fd[0], false);
		s.ours = tls_ours(&us, fd[1], true);
		tls_drive(&c, fd[0], &s, fd[1]);
		check_ours(i, &s);
		assert_true(c.done);
		assert_true(SSL_read(c.plain, &byte, 1) <= 0);
		assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
				 reason_of(s.err.tls_alert));
		ERR_clear_error();
		finish(&s, &c, ctx, bad, fd);
	}
}

/* The alert each class has, as RFC 8446 6.2 words them. */
static void the_alert_fits_the_reason(void **unused)
{
	static const struct {
		void (*spoil)(struct test_spec *);
		int alert;
	} want[] = {
		{ expired, ALERT_certificate_expired },
		{ other_domain, ALERT_unknown_ca },
	};

	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct test_spec spec = test_spec_leaf(TLS_CLIENT_ID);
		struct tls_end c = { 0 }, s = { 0 };
		struct test_cert *bad;
		SSL_CTX *ctx;
		int fd[2];

		want[i].spoil(&spec);
		bad = test_cert_new(&spec, root);
		ctx = tls_plain_ctx(bad, true);
		tls_socketpair(fd);
		c.ours = tls_ours(&us, fd[0], false);
		s.plain = tls_plain(ctx, fd[1], true);
		tls_drive(&c, fd[0], &s, fd[1]);
		assert_int_equal(c.err.tls_alert, want[i].alert);
		finish(&c, &s, ctx, bad, fd);
	}
}

/* RFC 8446 4.4.2.4: certificate_required */
static void a_client_without_a_certificate_is_refused(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(NULL, false);
	struct tls_end c = { 0 }, s = { 0 };
	char byte;
	int fd[2];

	tls_socketpair(fd);
	c.plain = tls_plain(ctx, fd[0], false);
	s.ours = tls_ours(&us, fd[1], true);
	tls_drive(&c, fd[0], &s, fd[1]);
	assert_int_equal(s.err.cls, ERR_CERT_MISSING);
	assert_int_equal(s.err.tls_alert, ALERT_certificate_required);
	assert_int_equal(handshake_peer(s.ours)->id.len, 0);
	assert_true(SSL_read(c.plain, &byte, 1) <= 0);
	assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
			 reason_of(ALERT_certificate_required));
	ERR_clear_error();
	finish(&s, &c, ctx, NULL, fd);
}

/* RFC 8446 4.2.1, 6.2: TLS 1.2 is not spoken, in either role. */
static void a_tls12_peer_is_refused(void **unused)
{
	for (int server = 0; server < 2; server++) {
		struct test_cert *good = bad_cert(ROWS - 1);
		SSL_CTX *ctx = tls_plain_ctx(good, !server);
		struct tls_end ours = { 0 }, peer = { 0 };
		int fd[2];

		SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
		tls_socketpair(fd);
		ours.ours = tls_ours(&us, fd[0], server);
		peer.plain = tls_plain(ctx, fd[1], !server);
		tls_drive(&ours, fd[0], &peer, fd[1]);
		assert_false(ours.done || peer.done);
		if (server) {
			assert_int_equal(ours.err.cls, ERR_TLS);
			assert_int_equal(peer.reason,
					 reason_of(ALERT_protocol_version));
		} else {
			assert_int_equal(ours.err.cls, ERR_ALERT);
		}
		assert_int_equal(ours.err.tls_alert, ALERT_protocol_version);
		finish(&ours, &peer, ctx, good, fd);
	}
}

static int reject(X509_STORE_CTX *store, void *arg)
{
	X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REVOKED);
	return 0;
}

/* Being refused: a server's word comes in the handshake only when it is the
 * client that judges; so we are the server here. */
static void a_client_that_refuses_us_is_heard(void **unused)
{
	struct test_cert *good = bad_cert(ROWS - 1);
	SSL_CTX *ctx = tls_plain_ctx(good, false);
	struct tls_end c = { 0 }, s = { 0 };
	int fd[2];

	SSL_CTX_set_cert_verify_callback(ctx, reject, NULL);
	tls_socketpair(fd);
	c.plain = tls_plain(ctx, fd[0], false);
	s.ours = tls_ours(&us, fd[1], true);
	tls_drive(&c, fd[0], &s, fd[1]);
	assert_int_equal(s.err.cls, ERR_ALERT);
	assert_int_equal(s.err.tls_alert, ALERT_certificate_revoked);
	assert_non_null(strstr(s.err.text, "certificate_revoked"));
	finish(&s, &c, ctx, good, fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bad_server_hears_why),
		cmocka_unit_test(a_bad_client_hears_why),
		cmocka_unit_test(the_alert_fits_the_reason),
		cmocka_unit_test(a_client_without_a_certificate_is_refused),
		cmocka_unit_test(a_tls12_peer_is_refused),
		cmocka_unit_test(a_client_that_refuses_us_is_heard),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
