/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that show the certificate of another, and end before they would have to prove
 * that it is theirs. */
#include "tls/handshake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/crypto.h>

#include "../support/tls_peer.h"
#include "tls/alert.h"
#include "tls/openssl_init.h"

static struct tls_party us;
static struct test_cert *shown;

/* What comes from the peer: so many of its protected records (RFC 8446 5.2), then an
 * alert of the forger's under the same key. */
static struct {
	const char *label; /* of the key in the key log */
	uint64_t until;
	int alert;
	uint64_t passed;
	uint8_t secret[64];
	size_t secret_len;
	enum tls_suite suite;
	uint8_t rec[RECORD_MAX];
	size_t len, at;
} forger;

static int setup(void **unused)
{
	struct test_spec spec = test_spec_leaf(TLS_SERVER_ID);

	assert_int_equal(openssl_init(NULL).cls, ERR_NONE);
	tls_party_init(&us, &spec, TEST_P256);
	shown = test_cert_new(&spec, us.root);
	return 0;
}

static int teardown(void **unused)
{
	test_cert_free(shown);
	tls_party_clear(&us);
	return 0;
}

static void note_key(const SSL *ssl, const char *line)
{
	size_t n = strlen(forger.label);

	if (strncmp(line, forger.label, n) != 0)
		return;
	forger.suite = SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl));
	assert_int_equal(OPENSSL_hexstr2buf_ex(forger.secret, sizeof forger.secret,
					       &forger.secret_len, strchr(line + n, ' ') + 1,
					       '\0'), 1);
}

static void forge(void)
{
	struct record_dir dir = { 0 };
	uint8_t alert[ALERT_LEN];

	tls_alert_build(forger.alert, alert);
	assert_false(failed(record_dir_init(&dir, forger.suite, true, forger.secret,
					    forger.secret_len, NULL)));
	assert_false(failed(record_seal(&dir, forger.until, CT_ALERT, alert, ALERT_LEN,
					forger.rec, &forger.len, NULL)));
	record_dir_clear(&dir);
}

/* The next record to pass on. False: none yet. */
static bool fill(int fd)
{
	size_t n;

	forger.at = forger.len = 0;
	if (forger.passed > forger.until ||
	    recv(fd, forger.rec, RECORD_HEADER, MSG_PEEK | MSG_DONTWAIT) != RECORD_HEADER)
		return false;
	n = RECORD_HEADER + ((size_t)forger.rec[3] << 8 | forger.rec[4]);
	if (recv(fd, forger.rec, n, MSG_PEEK | MSG_DONTWAIT) != (ssize_t)n)
		return false;
	if (forger.rec[0] == CT_APPLICATION_DATA && forger.passed++ == forger.until) {
		forge();
		return true;
	}
	forger.len = (size_t)recv(fd, forger.rec, n, 0);
	return true;
}

static ssize_t forged_recv(int fd, void *p, size_t len, int flags)
{
	if (forger.at == forger.len && !fill(fd)) {
		errno = EAGAIN;
		return -1;
	}
	if (len > forger.len - forger.at)
		len = forger.len - forger.at;
	memcpy(p, forger.rec + forger.at, len);
	forger.at += len;
	return (ssize_t)len;
}

static bool nobody(const void *ctx, const struct spiffe_id *peer)
{
	return false;
}

/* Our handshake with one who says no more than the certificate and this alert. */
static struct handshake_peer meet(bool server, int alert, struct err *ret)
{
	struct sys sys = tls_sys;
	struct handshake_config cfg = { .context = us.context, .sys = &sys, .server = server,
					.authorise = nobody };
	struct tls_end ours = { 0 }, peer = { 0 };
	SSL_CTX *ctx = tls_plain_ctx(shown, !server);
	struct handshake_peer known;
	int fd[2];

	memset(&forger, 0, sizeof forger);
	forger.label = server ? "CLIENT_HANDSHAKE_TRAFFIC_SECRET "
			      : "SERVER_HANDSHAKE_TRAFFIC_SECRET ";
	forger.until = server ? 1 : 3; /* Certificate; of a server the third message */
	forger.alert = alert;
	sys.recv = forged_recv;
	SSL_CTX_set_keylog_callback(ctx, note_key);
	tls_socketpair(fd);
	cfg.fd = fd[0];
	assert_int_equal(handshake_new(&cfg, &ours.ours, NULL).cls, ERR_NONE);
	peer.plain = tls_plain(ctx, fd[1], !server);
	tls_drive(&ours, fd[0], &peer, fd[1]);
	assert_false(ours.done);
	*ret = ours.err;
	known = *handshake_peer(ours.ours);
	handshake_free(ours.ours);
	SSL_free(peer.plain);
	SSL_CTX_free(ctx);
	close(fd[0]);
	close(fd[1]);
	return known;
}

/* access_denied is about who may do what: nobody's name belongs there unproved. */
static void nobody_is_made_to_deny_in_the_name_of_another(void **unused)
{
	for (int server = 0; server < 2; server++) {
		struct err err;
		struct handshake_peer known = meet(server, ALERT_access_denied, &err);

		assert_int_equal(err.cls, ERR_ALERT);
		assert_int_equal(err.tls_alert, ALERT_access_denied);
		assert_int_equal(known.id.len, 0);
		assert_int_equal(known.serial[0], 0);
	}
}

static void any_other_end_leaves_a_claim(void **unused)
{
	for (int server = 0; server < 2; server++) {
		struct err err;
		struct handshake_peer known = meet(server, ALERT_internal_error, &err);

		assert_int_equal(err.cls, ERR_ALERT);
		assert_int_equal(err.tls_alert, ALERT_internal_error);
		assert_true(known.id.len > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_is_made_to_deny_in_the_name_of_another),
		cmocka_unit_test(any_other_end_leaves_a_claim),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
