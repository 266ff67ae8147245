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

#include "../support/tls_peer.h"
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

struct rig {
	int fd[2]; /* ours, the peer's */
	SSL_CTX *ctx;
	struct tls_end ours, peer;
	struct tls_link link;
};

static void rig_start(struct rig *g, const struct tls_party *p, SSL_CTX *ctx,
		      bool server)
{
	*g = (struct rig){ .ctx = ctx };
	tls_socketpair(g->fd);
	g->ours.ours = tls_ours(p, g->fd[0], server);
	g->peer.plain = tls_plain(ctx, g->fd[1], !server);
}

static void rig_drive(struct rig *g)
{
	tls_drive(&g->ours, g->fd[0], &g->peer, g->fd[1]);
	if (!g->ours.done)
		print_error("ours: %s\n", g->ours.err.text);
	assert_true(g->ours.done && g->peer.done);
	tls_link_init(&g->link, g->ours.ours, g->fd[0]);
}

static void rig_end(struct rig *g)
{
	tls_link_clear(&g->link);
	handshake_free(g->ours.ours);
	SSL_free(g->peer.plain);
	SSL_CTX_free(g->ctx);
	close(g->fd[0]);
	close(g->fd[1]);
}

static void expect_data(struct rig *g, const char *text)
{
	enum content_type type;

	assert_int_equal(tls_link_recv(&g->link, &type, buf), strlen(text));
	assert_int_equal(type, CT_APPLICATION_DATA);
	assert_memory_equal(buf, text, strlen(text));
}

static void exchange(struct rig *g)
{
	char got[16];

	tls_link_send(&g->link, CT_APPLICATION_DATA, "hello", 5);
	assert_int_equal(SSL_read(g->peer.plain, got, sizeof got), 5);
	assert_memory_equal(got, "hello", 5);
	assert_int_equal(SSL_write(g->peer.plain, "world", 5), 5);
	expect_data(g, "world");
}

/* RFC 8446 B.4 */
static void each_suite_works_in_each_role(void **unused)
{
	for (unsigned suite = 0x1301; suite <= 0x1303; suite++)
		for (int server = 0; server < 2; server++) {
			SSL_CTX *ctx = tls_plain_ctx(peer_cert, !server);
			struct rig g;

			SSL_CTX_set_ciphersuites(ctx, tls_suite_name(suite));
			SSL_CTX_set_num_tickets(ctx, 0);
			rig_start(&g, &us, ctx, server);
			rig_drive(&g);
			assert_int_equal(g.link.r.suite, suite);
			exchange(&g);
			rig_end(&g);
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
			struct rig g;

			SSL_CTX_set_num_tickets(ctx, 0);
			rig_start(&g, &p, ctx, server);
			rig_drive(&g);
			exchange(&g);
			rig_end(&g);
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
	struct rig g;

	rig_start(&g, &us, ctx, false);
	rig_drive(&g);
	for (int i = 0; i < 2; i++) {
		long n = tls_link_recv(&g.link, &type, buf);

		assert_true(n > 0);
		assert_int_equal(type, CT_HANDSHAKE);
		assert_int_equal(post_handshake_parse(&state, buf, (size_t)n,
						      &e, NULL).cls, 0);
		assert_true(e.ticket_received);
		assert_int_equal(e.ticket_lifetime, 7200);
	}
	exchange(&g);
	rig_end(&g);
}

/* RFC 8446 4.4.4: a client may send at once; nothing of it may be lost, and all
 * of it is under sequence numbers from 0. */
static void data_and_key_update_in_the_finished_flight_wait_for_us(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
	struct post_handshake state = { 0 };
	struct post_handshake_effect e;
	enum content_type type;
	struct rig g;
	char got[8];
	long n;

	rig_start(&g, &us, ctx, true);
	while (!g.peer.done) { /* the client ends first */
		assert_int_not_equal(handshake_step(g.ours.ours, NULL),
				     HS_FAILED);
		g.peer.done = SSL_do_handshake(g.peer.plain) == 1;
	}
	g.peer.over = true;
	assert_int_equal(SSL_write(g.peer.plain, "first", 5), 5);
	SSL_key_update(g.peer.plain, SSL_KEY_UPDATE_REQUESTED);
	assert_int_equal(SSL_write(g.peer.plain, "second", 6), 6);
	rig_drive(&g);
	expect_data(&g, "first");
	n = tls_link_recv(&g.link, &type, buf);
	assert_int_equal(type, CT_HANDSHAKE);
	assert_int_equal(post_handshake_parse(&state, buf, (size_t)n, &e,
					      NULL).cls, ERR_NONE);
	assert_true(e.key_update_received && e.key_update_requested);
	assert_int_equal(record_dir_ratchet(&g.link.r, NULL).cls, 0);
	g.link.r_seq = 0;
	expect_data(&g, "second");
	/* RFC 8446 4.6.3: our own update, then data under the new key */
	key_update_build(false, buf);
	tls_link_send(&g.link, CT_HANDSHAKE, buf, KEY_UPDATE_LEN);
	assert_int_equal(record_dir_ratchet(&g.link.w, NULL).cls, 0);
	g.link.w_seq = 0;
	tls_link_send(&g.link, CT_APPLICATION_DATA, "third", 5);
	assert_int_equal(SSL_read(g.peer.plain, got, sizeof got), 5);
	assert_memory_equal(got, "third", 5);
	rig_end(&g);
}

/* RFC 6066 4 */
static void max_fragment_length_is_carried_over(void **unused)
{
	for (uint8_t code = 0; code <= 4; code++) {
		SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
		struct rig g;

		SSL_CTX_set_tlsext_max_fragment_length(ctx, code);
		rig_start(&g, &us, ctx, true);
		rig_drive(&g);
		assert_int_equal(g.link.max_plaintext,
				 code ? 256u << code : RECORD_PLAIN_MAX);
		memset(buf, 'x', sizeof buf);
		tls_link_send(&g.link, CT_APPLICATION_DATA, buf,
			      g.link.max_plaintext);
		assert_int_equal(SSL_read(g.peer.plain, buf, sizeof buf),
				 g.link.max_plaintext);
		rig_end(&g);
	}
}

/* RFC 8446 4.1.4: HelloRetryRequest, in each role */
static void a_second_hello_is_no_obstacle(void **unused)
{
	for (int server = 0; server < 2; server++) {
		SSL_CTX *ctx = tls_plain_ctx(peer_cert, !server);
		struct rig g;

		/* a client's first group carries its key share */
		SSL_CTX_set1_groups_list(ctx, server ? "P-521:P-256" :
						       "P-384");
		SSL_CTX_set_num_tickets(ctx, 0);
		rig_start(&g, &us, ctx, server);
		rig_drive(&g);
		exchange(&g);
		rig_end(&g);
	}
}

/* RFC 8446 6.1, both ways */
static void close_notify_is_understood(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
	struct alert_received a;
	enum content_type type;
	uint8_t alert[ALERT_LEN];
	struct rig g;
	long n;

	rig_start(&g, &us, ctx, true);
	rig_drive(&g);
	SSL_shutdown(g.peer.plain);
	n = tls_link_recv(&g.link, &type, buf);
	assert_int_equal(type, CT_ALERT);
	assert_true(tls_alert_parse(buf, (size_t)n, &a));
	assert_int_equal(a.kind, ALERT_KIND_CLOSE);
	tls_alert_build(ALERT_close_notify, alert);
	tls_link_send(&g.link, CT_ALERT, alert, sizeof alert);
	assert_int_equal(SSL_shutdown(g.peer.plain), 1);
	rig_end(&g);
}

/* What a server says when its policy refuses, after the handshake: 49. */
static void access_denied_from_the_record_layer_is_read(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
	uint8_t alert[ALERT_LEN];
	struct rig g;
	char byte;

	rig_start(&g, &us, ctx, true);
	rig_drive(&g);
	tls_alert_build(ALERT_access_denied, alert);
	tls_link_send(&g.link, CT_ALERT, alert, sizeof alert);
	assert_true(SSL_read(g.peer.plain, &byte, 1) <= 0);
	assert_int_equal(ERR_GET_REASON(ERR_peek_error()),
			 SSL_AD_REASON_OFFSET + ALERT_access_denied);
	ERR_clear_error();
	rig_end(&g);
}

static char seen_name[64];

static int note_name(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);

	snprintf(seen_name, sizeof seen_name, "%s", name ? name : "");
	return SSL_TLSEXT_ERR_OK;
}

/* RFC 6066 3 */
static void sni_is_sent_when_asked_for(void **unused)
{
	static const char *const names[] = { NULL, "ledger.corp.local" };

	for (int i = 0; i < 2; i++) {
		SSL_CTX *ctx = tls_plain_ctx(peer_cert, true);
		struct handshake_config cfg = { .context = us.context,
						.sys = &tls_sys,
						.sni = names[i] };
		struct rig g;

		SSL_CTX_set_tlsext_servername_callback(ctx, note_name);
		rig_start(&g, &us, ctx, false);
		handshake_free(g.ours.ours);
		cfg.fd = g.fd[0];
		assert_int_equal(handshake_new(&cfg, &g.ours.ours, NULL).cls,
				 0);
		rig_drive(&g);
		assert_string_equal(seen_name, names[i] ? names[i] : "");
		rig_end(&g);
	}
}

/* RFC 8446 4.6.1, 2.2: we never give tickets, so nobody resumes. */
static void nothing_follows_our_servers_finished(void **unused)
{
	SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
	struct rig g;
	char byte;

	rig_start(&g, &us, ctx, true);
	rig_drive(&g);
	assert_int_equal(recv(g.fd[1], &byte, 1, MSG_PEEK), -1);
	assert_false(SSL_SESSION_is_resumable(SSL_get0_session(g.peer.plain)));
	rig_end(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_suite_works_in_each_role),
		cmocka_unit_test(each_key_type_works_in_each_role),
		cmocka_unit_test(a_servers_tickets_come_as_records),
		cmocka_unit_test(data_and_key_update_in_the_finished_flight_wait_for_us),
		cmocka_unit_test(max_fragment_length_is_carried_over),
		cmocka_unit_test(a_second_hello_is_no_obstacle),
		cmocka_unit_test(close_notify_is_understood),
		cmocka_unit_test(access_denied_from_the_record_layer_is_read),
		cmocka_unit_test(sni_is_sent_when_asked_for),
		cmocka_unit_test(nothing_follows_our_servers_finished),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
