/* SPDX-License-Identifier: Apache-2.0 */
/* Our client against our server. */
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
#include "tls/handshake_internal.h"
#include "tls/openssl_init.h"

static struct tls_party client, server;
static struct test_cert *root;

static int setup(void **unused)
{
	struct test_spec r = test_spec_root(TLS_TD_ROOT);
	struct test_spec c = test_spec_leaf(TLS_CLIENT_ID);
	struct test_spec s = test_spec_leaf(TLS_SERVER_ID);

	assert_int_equal(openssl_init(NULL).cls, ERR_NONE);
	root = test_cert_new(&r, NULL);
	tls_party_init_under(&client, &c, root);
	tls_party_init_under(&server, &s, root);
	return 0;
}

static int teardown(void **unused)
{
	tls_party_clear(&client);
	tls_party_clear(&server);
	test_cert_free(root);
	return 0;
}

/* One connection: c and s over fd[0] and fd[1]. */
struct pair {
	int fd[2];
	struct tls_end c, s;
};

static struct pair pair_new(const struct handshake_config *client_cfg)
{
	struct pair p = { 0 };

	tls_socketpair(p.fd);
	p.s.ours = tls_ours(&server, p.fd[1], true);
	if (client_cfg) {
		struct handshake_config cfg = *client_cfg;

		cfg.context = client.context;
		cfg.sys = &tls_sys;
		cfg.fd = p.fd[0];
		assert_int_equal(handshake_new(&cfg, &p.c.ours, NULL).cls, 0);
	} else {
		p.c.ours = tls_ours(&client, p.fd[0], false);
	}
	return p;
}

static void pair_free(struct pair *p)
{
	handshake_free(p->c.ours);
	handshake_free(p->s.ours);
	close(p->fd[0]);
	close(p->fd[1]);
}

static void pair_drive(struct pair *p)
{
	tls_drive(&p->c, p->fd[0], &p->s, p->fd[1]);
}

static void exchange(struct pair *p)
{
	struct tls_link c, s;
	enum content_type type;
	static uint8_t out[RECORD_MAX];

	tls_link_init(&c, p->c.ours, p->fd[0]);
	tls_link_init(&s, p->s.ours, p->fd[1]);
	assert_int_equal(c.max_plaintext, RECORD_PLAIN_MAX);
	tls_link_send(&c, CT_APPLICATION_DATA, "ping", 4);
	assert_int_equal(tls_link_recv(&s, &type, out), 4);
	assert_memory_equal(out, "ping", 4);
	tls_link_send(&s, CT_APPLICATION_DATA, "pong!", 5);
	assert_int_equal(tls_link_recv(&c, &type, out), 5);
	assert_memory_equal(out, "pong!", 5);
	/* nothing else was on the wire: no ticket (RFC 8446 4.6.1) */
	assert_int_equal(tls_link_recv(&c, &type, out), -1);
	assert_int_equal(tls_link_recv(&s, &type, out), -1);
	tls_link_clear(&c);
	tls_link_clear(&s);
}

static void both_know_each_other_and_share_keys(void **unused)
{
	struct pair p = pair_new(NULL);
	const struct handshake_peer *c, *s;

	pair_drive(&p);
	assert_true(p.c.done && p.s.done);
	c = handshake_peer(p.c.ours);
	s = handshake_peer(p.s.ours);
	assert_string_equal(c->id.uri, TLS_SERVER_ID);
	assert_string_equal(s->id.uri, TLS_CLIENT_ID);
	assert_true(c->not_after > TEST_NOW && strlen(c->serial) > 0);
	assert_true(s->not_after > TEST_NOW && strlen(s->serial) > 0);
	exchange(&p);
	pair_free(&p);
}

static void keys_are_taken_once_and_after_the_end_only(void **unused)
{
	static const uint8_t zero[SECRET_MAX];
	struct pair p = pair_new(NULL);
	struct handshake_keys k, again;

	assert_int_equal(handshake_take(p.c.ours, &k, NULL).cls, ERR_TLS);
	pair_drive(&p);
	assert_int_equal(handshake_take(p.c.ours, &k, NULL).cls, ERR_NONE);
	assert_int_equal(k.suite, TLS_AES_128_GCM_SHA256);
	assert_int_equal(k.secret_len, 32);
	assert_memory_not_equal(k.read_secret, zero, 32);
	assert_memory_not_equal(k.write_secret, k.read_secret, 32);
	assert_int_equal(handshake_take(p.c.ours, &again, NULL).cls, ERR_TLS);
	assert_int_equal(handshake_step(p.c.ours, NULL), HS_DONE);
	pair_free(&p);
}

static void one_byte_at_a_time_is_enough(void **unused)
{
	for (int side = 0; side < 2; side++) {
		struct pair p = pair_new(NULL);

		tls_fault.fd = p.fd[side];
		tls_fault.dribble = true;
		pair_drive(&p);
		tls_fault_reset();
		assert_true(p.c.done && p.s.done);
		exchange(&p);
		pair_free(&p);
	}
}

static bool nobody(const void *ctx, const struct spiffe_id *peer)
{
	*(struct spiffe_id *)ctx = *peer;
	return false;
}

static bool the_server(const void *ctx, const struct spiffe_id *peer)
{
	return strcmp(peer->uri, TLS_SERVER_ID) == 0;
}

/* No certificate of ours goes to a server the rule does not name, and the
 * server's own log can tell why (RFC 8446 6.2: access_denied). */
static void an_unauthorised_server_learns_nothing_of_the_client(void **unused)
{
	static struct spiffe_id asked;
	const struct handshake_config cfg = { .authorise = nobody,
					      .ctx = &asked };
	struct pair p = pair_new(&cfg);
	struct handshake_keys k;

	pair_drive(&p);
	assert_string_equal(asked.uri, TLS_SERVER_ID);
	assert_false(p.c.done || p.s.done);
	assert_int_equal(p.c.err.cls, ERR_PEER_DENIED);
	assert_int_equal(p.c.err.tls_alert, ALERT_access_denied);
	assert_string_equal(handshake_peer(p.c.ours)->id.uri, TLS_SERVER_ID);
	assert_int_equal(p.s.err.cls, ERR_ALERT);
	assert_int_equal(p.s.err.tls_alert, ALERT_access_denied);
	assert_int_equal(handshake_peer(p.s.ours)->id.len, 0);
	assert_int_equal(handshake_take(p.c.ours, &k, NULL).cls, ERR_TLS);
	assert_int_equal(handshake_step(p.c.ours, &p.c.err), HS_FAILED);
	pair_free(&p);
}

static void an_authorised_server_is_spoken_to(void **unused)
{
	const struct handshake_config cfg = { .authorise = the_server,
					      .sni = "ledger.corp.local" };
	struct pair p = pair_new(&cfg);

	pair_drive(&p);
	assert_true(p.c.done && p.s.done);
	exchange(&p);
	pair_free(&p);
}

static void an_abandoned_handshake_frees_everything(void **unused)
{
	for (int steps = 0; steps < 4; steps++) {
		struct pair p = pair_new(NULL);

		for (int i = 0; i < steps; i++) {
			handshake_step(p.c.ours, NULL);
			handshake_step(p.s.ours, NULL);
		}
		pair_free(&p);
	}
	handshake_free(NULL);
	assert_null(tls_context_unref(NULL));
	assert_ptr_equal(tls_context_snapshot(client.context), client.snap);
}

/* A context may go while its handshakes live. */
static void a_handshake_keeps_its_context(void **unused)
{
	struct test_spec spec = test_spec_leaf(TLS_CLIENT_ID);
	struct tls_party brief;
	struct pair p = pair_new(NULL);

	handshake_free(p.c.ours);
	tls_party_init_under(&brief, &spec, root);
	p.c.ours = tls_ours(&brief, p.fd[0], false);
	tls_party_clear(&brief);
	pair_drive(&p);
	assert_true(p.c.done && p.s.done);
	pair_free(&p);
}

static void a_taken_handshake_holds_no_secret(void **unused)
{
	struct pair p = pair_new(NULL);
	struct handshake_keys k;

	pair_drive(&p);
	assert_int_equal(handshake_take(p.c.ours, &k, NULL).cls, ERR_NONE);
	assert_null(memmem(p.c.ours, sizeof *p.c.ours, k.read_secret, 16));
	assert_null(memmem(p.c.ours, sizeof *p.c.ours, k.write_secret, 16));
	assert_null(p.c.ours->ssl);
	pair_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_know_each_other_and_share_keys),
		cmocka_unit_test(keys_are_taken_once_and_after_the_end_only),
		cmocka_unit_test(one_byte_at_a_time_is_enough),
		cmocka_unit_test(an_unauthorised_server_learns_nothing_of_the_client),
		cmocka_unit_test(an_authorised_server_is_spoken_to),
		cmocka_unit_test(an_abandoned_handshake_frees_everything),
		cmocka_unit_test(a_handshake_keeps_its_context),
		cmocka_unit_test(a_taken_handshake_holds_no_secret),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
