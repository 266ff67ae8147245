/* SPDX-License-Identifier: Apache-2.0 */
/* Our handshake, then our records, against a plain OpenSSL peer. */
#include "tls/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>

#include "../support/tls_rig.h"
#include "tls/alert.h"
#include "tls/openssl_init.h"
#include "tls/post_handshake.h"

static struct tls_party us;
static struct test_cert *peer_cert;
static uint8_t buf[RECORD_MAX];

static int setup(void **unused)
{
	struct test_spec us_spec = test_spec_leaf(TLS_SERVER_ID);
	struct test_spec peer_spec = test_spec_leaf(TLS_CLIENT_ID);

	assert_int_equal(openssl_init(NULL).cls, ERR_NONE);
	tls_party_init(&us, &us_spec, TEST_P256);
	peer_cert = test_cert_new(&peer_spec, us.root);
	return 0;
}

static int teardown(void **unused)
{
	test_cert_free(peer_cert);
	tls_party_clear(&us);
	return 0;
}

/* RFC 8446 B.4 */
static void each_suite_works_in_each_role(void **unused)
{
	for (unsigned suite = 0x1301; suite <= 0x1303; suite++)
		for (int server = 0; server < 2; server++) {
			SSL_CTX *ctx = tls_plain_ctx(peer_cert, !server);
			struct tls_rig g;

			SSL_CTX_set_ciphersuites(ctx, tls_suite_name(suite));
			SSL_CTX_set_num_tickets(ctx, 0);
			tls_rig_start(&g, &us, ctx, server);
			tls_rig_drive(&g);
			assert_int_equal(g.link.r.suite, suite);
			tls_rig_exchange(&g);
			tls_rig_end(&g);
		}
}

/* RFC 8446 4.2.3: own and peer's key of each type, root of another one */
static void each_key_type_works_in_each_role(void **unused)
{
	static const struct {
		enum test_key leaf, root;
	} rows[] = {
		{ TEST_P256, TEST_P256 },     { TEST_P384, TEST_P384 },
		{ TEST_ED25519, TEST_ED25519 }, { TEST_RSA2048, TEST_RSA2048 },
		{ TEST_RSA2048, TEST_P256 },  { TEST_P256, TEST_RSA2048 },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct test_spec spec = test_spec_leaf(TLS_SERVER_ID);
		struct tls_party p;

		spec.key = rows[i].leaf;
		tls_party_init(&p, &spec, rows[i].root);
		for (int server = 0; server < 2; server++) {
			SSL_CTX *ctx = tls_plain_ctx(p.leaf, !server);
			struct tls_rig g;

			SSL_CTX_set_num_tickets(ctx, 0);
			tls_rig_start(&g, &p, ctx, server);
			tls_rig_drive(&g);
			tls_rig_exchange(&g);
			tls_rig_end(&g);
		}
		tls_party_clear(&p);
	}
}

/* RFC 8446 4.6.1: the peer's tickets are ours to read and drop. */
static void a_servers_tickets_come_as_records(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(peer_cert, true);
	struct post_handshake state = { 0 };
	struct post_handshake_effect e;
	enum content_type type;
	struct tls_rig g;

	tls_rig_start(&g, &us, ctx, false);
	tls_rig_drive(&g);
	for (int i = 0; i < 2; i++) {
		long n = tls_link_recv(&g.link, &type, buf);

		assert_true(n > 0);
		assert_int_equal(type, CT_HANDSHAKE);
		assert_int_equal(post_handshake_parse(&state, buf, (size_t)n,
						      &e, NULL).cls, 0);
		assert_true(e.ticket_received);
		assert_int_equal(e.ticket_lifetime, 7200);
	}
	tls_rig_exchange(&g);
	tls_rig_end(&g);
}

/* RFC 8446 4.4.4: a client may send at once; nothing of it may be lost, and all
 * of it is under sequence numbers from 0. */
static void data_and_key_update_in_the_finished_flight_wait_for_us(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
	struct post_handshake state = { 0 };
	struct post_handshake_effect e;
	enum content_type type;
	struct tls_rig g;
	char got[8];
	long n;

	tls_rig_start(&g, &us, ctx, true);
	while (!g.peer.done) { /* the client ends first */
		assert_int_not_equal(handshake_step(g.ours.ours, NULL),
				     HS_FAILED);
		g.peer.done = SSL_do_handshake(g.peer.plain) == 1;
	}
	g.peer.over = true;
	assert_int_equal(SSL_write(g.peer.plain, "first", 5), 5);
	SSL_key_update(g.peer.plain, SSL_KEY_UPDATE_REQUESTED);
	assert_int_equal(SSL_write(g.peer.plain, "second", 6), 6);
	tls_rig_drive(&g);
	tls_rig_expect(&g, "first");
	n = tls_link_recv(&g.link, &type, buf);
	assert_int_equal(type, CT_HANDSHAKE);
	assert_int_equal(post_handshake_parse(&state, buf, (size_t)n, &e,
					      NULL).cls, ERR_NONE);
	assert_true(e.key_update_received && e.key_update_requested);
	assert_int_equal(record_dir_ratchet(&g.link.r, NULL).cls, 0);
	g.link.r_seq = 0;
	tls_rig_expect(&g, "second");
	/* RFC 8446 4.6.3: our own update, then data under the new key */
	key_update_build(false, buf);
	tls_link_send(&g.link, CT_HANDSHAKE, buf, KEY_UPDATE_LEN);
	assert_int_equal(record_dir_ratchet(&g.link.w, NULL).cls, 0);
	g.link.w_seq = 0;
	tls_link_send(&g.link, CT_APPLICATION_DATA, "third", 5);
	assert_int_equal(SSL_read(g.peer.plain, got, sizeof got), 5);
	assert_memory_equal(got, "third", 5);
	tls_rig_end(&g);
}

/* RFC 8446 6.1, both ways */
static void close_notify_is_understood(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
	struct alert_received a;
	enum content_type type;
	uint8_t alert[ALERT_LEN];
	struct tls_rig g;
	long n;

	tls_rig_start(&g, &us, ctx, true);
	tls_rig_drive(&g);
	SSL_shutdown(g.peer.plain);
	n = tls_link_recv(&g.link, &type, buf);
	assert_int_equal(type, CT_ALERT);
	assert_true(tls_alert_parse(buf, (size_t)n, &a));
	assert_int_equal(a.kind, ALERT_KIND_CLOSE);
	tls_alert_build(ALERT_close_notify, alert);
	tls_link_send(&g.link, CT_ALERT, alert, sizeof alert);
	assert_int_equal(SSL_shutdown(g.peer.plain), 1);
	tls_rig_end(&g);
}

/* What a server says when its policy refuses, after the handshake: 49. */
static void access_denied_from_the_record_layer_is_read(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
	uint8_t alert[ALERT_LEN];
	struct tls_rig g;
	char byte;

	tls_rig_start(&g, &us, ctx, true);
	tls_rig_drive(&g);
	tls_alert_build(ALERT_access_denied, alert);
	tls_link_send(&g.link, CT_ALERT, alert, sizeof alert);
	assert_true(SSL_read(g.peer.plain, &byte, 1) <= 0);
	assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
			 SSL_AD_REASON_OFFSET + ALERT_access_denied);
	ERR_clear_error();
	tls_rig_end(&g);
}

/* RFC 8446 4.6.1, 2.2: we never give tickets, so nobody resumes. */
static void nothing_follows_our_servers_finished(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
	struct tls_rig g;
	char byte;

	tls_rig_start(&g, &us, ctx, true);
	tls_rig_drive(&g);
	assert_int_equal(recv(g.fd[1], &byte, 1, MSG_PEEK), -1);
	assert_false(SSL_SESSION_is_resumable(SSL_get0_session(g.peer.plain)));
	tls_rig_end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_suite_works_in_each_role),
		cmocka_unit_test(each_key_type_works_in_each_role),
		cmocka_unit_test(a_servers_tickets_come_as_records),
		cmocka_unit_test(data_and_key_update_in_the_finished_flight_wait_for_us),
		cmocka_unit_test(close_notify_is_understood),
		cmocka_unit_test(access_denied_from_the_record_layer_is_read),
		cmocka_unit_test(nothing_follows_our_servers_finished),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
