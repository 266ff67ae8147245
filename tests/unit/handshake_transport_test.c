/* SPDX-License-Identifier: Apache-2.0 */
/* Handshakes over transports that break, and without memory. */
#include "tls/handshake.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>

#include "../support/malloc_fail.h"
#include "../support/tls_peer.h"
#include "tls/alert.h"
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

struct pair {
	int fd[2]; /* client, server */
	struct handshake *h[2];
};

static struct pair pair_new(void)
{
	struct pair p;

	tls_socketpair(p.fd);
	p.h[0] = tls_ours(&client, p.fd[0], false);
	p.h[1] = tls_ours(&server, p.fd[1], true);
	return p;
}

static void pair_free(struct pair *p)
{
	tls_fault_reset();
	for (int i = 0; i < 2; i++) {
		handshake_free(p->h[i]);
		close(p->fd[i]);
	}
}

/* Drives until `side` ends. */
static enum handshake_status drive(struct pair *p, int side, struct err *err)
{
	enum handshake_status s = HS_WANT_READ;

	for (int i = 0; i < 20 && s != HS_DONE && s != HS_FAILED; i++) {
		handshake_step(p->h[!side], NULL);
		s = handshake_step(p->h[side], err);
	}
	return s;
}

/* How many bytes that side receives in a whole handshake. */
static long flight_of(int side)
{
	struct pair p = pair_new();
	struct err err;
	long n;

	tls_fault.fd = p.fd[side];
	assert_int_equal(drive(&p, side, &err), HS_DONE);
	n = tls_fault.got;
	pair_free(&p);
	return n;
}

/* RFC 8446 6.1: an end without notice, wherever it falls, is a truncation. */
static void eof_at_every_offset_is_truncation(int side)
{
	long flight = flight_of(side);

	/* Signatures vary by a few bytes from run to run: stay below. */
	for (long cut = 0; cut < flight - 16; cut++) {
		struct pair p = pair_new();
		struct err err = { 0 };

		tls_fault.fd = p.fd[side];
		tls_fault.eof_after = cut;
		assert_int_equal(drive(&p, side, &err), HS_FAILED);
		if (err.cls != ERR_TRUNCATED)
			print_error("cut at %ld: %s\n", cut, err.text);
		assert_int_equal(err.cls, ERR_TRUNCATED);
		pair_free(&p);
	}
}

static void eof_anywhere_in_the_servers_flight_is_truncation(void **unused)
{
	eof_at_every_offset_is_truncation(0);
}

static void eof_anywhere_in_the_clients_flights_is_truncation(void **unused)
{
	eof_at_every_offset_is_truncation(1);
}

static void a_failing_socket_gives_its_errno(void **unused)
{
	for (int side = 0; side < 2; side++)
		for (int sending = 0; sending < 2; sending++) {
			struct pair p = pair_new();
			struct err err = { 0 };

			tls_fault.fd = p.fd[side];
			if (sending)
				tls_fault.send_errno = EPIPE;
			else
				tls_fault.recv_errno = ECONNRESET;
			assert_int_equal(drive(&p, side, &err), HS_FAILED);
			assert_int_equal(err.cls, ERR_IO);
			assert_int_equal(err.sys_errno,
					 sending ? EPIPE : ECONNRESET);
			pair_free(&p);
		}
}

static void a_closed_peer_raises_no_signal(void **unused)
{
	struct pair p = pair_new();
	struct err err = { 0 };

	close(p.fd[1]);
	assert_int_equal(handshake_step(p.h[0], &err), HS_FAILED);
	assert_int_equal(err.cls, ERR_IO);
	assert_int_equal(err.sys_errno, EPIPE);
	p.fd[1] = dup(p.fd[0]);
	pair_free(&p);
}

/* RFC 8446 5.1, 6.2: what is no TLS is refused with an alert, not awaited. */
static void garbage_is_a_protocol_failure(void **unused)
{
	static const char *const texts[] = {
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
		"\x17\3\3\0\5hello................",
		"\x16\3\1\0\5\xff\0\0\1\0...........",
	};

	for (int side = 0; side < 2; side++)
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
			struct pair p = pair_new();
			struct err err = { 0 };
			enum handshake_status s = HS_WANT_READ;

			assert_true(send(p.fd[!side], texts[i],
					 i < 2 ? strlen(texts[i]) : 18,
					 0) > 0);
			for (int k = 0; k < 4 && s != HS_FAILED; k++)
				s = handshake_step(p.h[side], &err);
			assert_int_equal(s, HS_FAILED);
			assert_int_equal(err.cls, ERR_TLS);
			pair_free(&p);
		}
}

/* A peer that says close_notify instead of going on (RFC 8446 6.1). */
static void close_notify_in_the_handshake_is_heard(void **unused)
{
	struct pair p = pair_new();
	struct err err = { 0 };

	handshake_step(p.h[0], NULL);
	assert_int_equal(send(p.fd[1], "\x15\3\3\0\2\1\0", 7, 0), 7);
	assert_int_equal(handshake_step(p.h[0], &err), HS_FAILED);
	assert_int_equal(err.cls, ERR_ALERT);
	assert_int_equal(err.tls_alert, ALERT_close_notify);
	pair_free(&p);
}

static void want_write_is_reported(void **unused)
{
	struct pair p = pair_new();
	char fill[4096] = { 0 };

	while (send(p.fd[0], fill, sizeof fill, 0) > 0)
		;
	assert_int_equal(handshake_step(p.h[0], NULL), HS_WANT_WRITE);
	while (recv(p.fd[1], fill, sizeof fill, 0) > 0)
		;
	assert_int_equal(handshake_step(p.h[0], NULL), HS_WANT_READ);
	pair_free(&p);
}

/* OpenSSL allocates a few thousand times: all of the first hundreds, then a
 * sample. Whatever fails, nothing crashes, leaks or passes for success without
 * keys. */
static void lack_of_memory_anywhere_fails_cleanly(void **unused)
{
	for (unsigned n = 0; n < 6000; n += n < 300 ? 7 : 61) {
		struct handshake_keys k;
		struct err err = { 0 };
		struct pair p = pair_new();
		enum handshake_status s;
		bool hit;

		malloc_fail_at(n);
		s = drive(&p, (int)(n & 1), &err);
		hit = malloc_fail_hit();
		if (s == HS_DONE)
			assert_int_equal(handshake_take(p.h[n & 1], &k,
							NULL).cls, 0);
		else
			assert_int_equal(handshake_take(p.h[n & 1], &k,
							NULL).cls, ERR_TLS);
		if (s == HS_FAILED)
			assert_int_not_equal(err.cls, ERR_NONE);
		assert_int_equal(ERR_peek_error(), 0);
		pair_free(&p);
		if (!hit)
			return;
	}
}

static void lack_of_memory_at_the_start_is_reported(void **unused)
{
	bool hit = true;

	for (unsigned n = 0; n < 2000 && hit; n += n < 40 ? 1 : 23) {
		struct tls_context *c = NULL;
		struct result r;

		malloc_fail_at(n);
		r = tls_context_new(client.snap, &c, NULL);
		hit = malloc_fail_hit();
		assert_true(failed(r) == (c == NULL));
		tls_context_unref(c);
		ERR_clear_error();
	}
	hit = true;
	for (unsigned n = 0; n < 200 && hit; n++) {
		struct handshake_config cfg = { .context = client.context,
						.sys = &tls_sys,
						.fd = -1 };
		struct handshake *h = NULL;
		struct result r;

		malloc_fail_at(n);
		r = handshake_new(&cfg, &h, NULL);
		hit = malloc_fail_hit();
		assert_int_equal(r.cls, h ? ERR_NONE : ERR_NOMEM);
		handshake_free(h);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eof_anywhere_in_the_servers_flight_is_truncation),
		cmocka_unit_test(eof_anywhere_in_the_clients_flights_is_truncation),
		cmocka_unit_test(a_failing_socket_gives_its_errno),
		cmocka_unit_test(a_closed_peer_raises_no_signal),
		cmocka_unit_test(garbage_is_a_protocol_failure),
		cmocka_unit_test(close_notify_in_the_handshake_is_heard),
		cmocka_unit_test(want_write_is_reported),
		cmocka_unit_test(lack_of_memory_anywhere_fails_cleanly),
		cmocka_unit_test(lack_of_memory_at_the_start_is_reported),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
