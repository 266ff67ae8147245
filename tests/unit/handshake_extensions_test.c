/* SPDX-License-Identifier: Apache-2.0 */
/* What hellos may ask for: names, groups, fragment lengths. */
#include "tls/handshake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "../support/tls_rig.h"
#include "tls/openssl_init.h"

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

/* RFC 6066 4 */
static void max_fragment_length_is_carried_over(void **unused)
{
	for (uint8_t code = 0; code <= 4; code++) {
		SSL_CTX *ctx = tls_plain_ctx(peer_cert, false);
		struct tls_rig g;

		SSL_CTX_set_tlsext_max_fragment_length(ctx, code);
		tls_rig_start(&g, &us, ctx, true);
		tls_rig_drive(&g);
		assert_int_equal(g.link.max_plaintext,
				 code ? 256u << code : RECORD_PLAIN_MAX);
		memset(buf, 'x', sizeof buf);
		tls_link_send(&g.link, CT_APPLICATION_DATA, buf,
			      g.link.max_plaintext);
		assert_int_equal(SSL_read(g.peer.plain, buf, sizeof buf),
				 g.link.max_plaintext);
		tls_rig_end(&g);
	}
}

/* RFC 8446 4.1.4: HelloRetryRequest, in each role */
static void a_second_hello_is_no_obstacle(void **unused)
{
	for (int server = 0; server < 2; server++) {
		SSL_CTX *ctx = tls_plain_ctx(peer_cert, !server);
		struct tls_rig g;

		/* a client's first group carries its key share */
		SSL_CTX_set1_groups_list(ctx, server ? "P-521:P-256" :
						       "P-384");
		SSL_CTX_set_num_tickets(ctx, 0);
		tls_rig_start(&g, &us, ctx, server);
		tls_rig_drive(&g);
		tls_rig_exchange(&g);
		tls_rig_end(&g);
	}
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
		struct tls_rig g;

		SSL_CTX_set_tlsext_servername_callback(ctx, note_name);
		tls_rig_start(&g, &us, ctx, false);
		handshake_free(g.ours.ours);
		cfg.fd = g.fd[0];
		assert_int_equal(handshake_new(&cfg, &g.ours.ours, NULL).cls,
				 0);
		tls_rig_drive(&g);
		assert_string_equal(seen_name, names[i] ? names[i] : "");
		tls_rig_end(&g);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(max_fragment_length_is_carried_over),
		cmocka_unit_test(a_second_hello_is_no_obstacle),
		cmocka_unit_test(sni_is_sent_when_asked_for),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
