/* SPDX-License-Identifier: Apache-2.0 */
#include "tls_peer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "base/sys.h"

#define MUST(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, \
				#cond); \
			abort(); \
		} \
	} while (0)

/* ---- transport ---- */

struct tls_fault tls_fault = { .fd = -1, .eof_after = -1 };
static bool pause_next;

void tls_fault_reset(void)
{
	tls_fault = (struct tls_fault){ .fd = -1, .eof_after = -1 };
}

/* True if this call shall pretend that the socket is not ready. */
static bool pauses(void)
{
	pause_next = tls_fault.dribble && !pause_next;
	return pause_next;
}

static ssize_t fail_with(int e)
{
	errno = e;
	return -1;
}

static ssize_t fault_recv(int fd, void *buf, size_t len, int flags)
{
	ssize_t n;

	MUST((flags & MSG_DONTWAIT) && (flags & MSG_NOSIGNAL));
	if (fd != tls_fault.fd)
		return recv(fd, buf, len, flags);
	if (tls_fault.recv_errno)
		return fail_with(tls_fault.recv_errno);
	if (pauses())
		return fail_with(EAGAIN);
	if (tls_fault.dribble)
		len = 1;
	if (tls_fault.eof_after >= 0) {
		size_t left = (size_t)(tls_fault.eof_after - tls_fault.got);

		if (left == 0)
			return 0;
		len = len < left ? len : left;
	}
	n = recv(fd, buf, len, flags);
	if (n > 0)
		tls_fault.got += n;
	return n;
}

static ssize_t fault_send(int fd, const void *buf, size_t len, int flags)
{
	MUST((flags & MSG_DONTWAIT) && (flags & MSG_NOSIGNAL));
	if (fd == tls_fault.fd) {
		if (tls_fault.send_errno)
			return fail_with(tls_fault.send_errno);
		if (pauses())
			return fail_with(EAGAIN);
		if (tls_fault.dribble)
			len = 1;
	}
	return send(fd, buf, len, flags);
}

static int64_t stopped_clock(void)
{
	return TEST_NOW;
}

const struct sys tls_sys = {
	.send = fault_send,
	.recv = fault_recv,
	.wall_s = stopped_clock,
};

void tls_socketpair(int fd[2])
{
	MUST(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd) == 0);
}

/* ---- identities ---- */

void tls_party_init_under(struct tls_party *p, const struct test_spec *spec,
			  struct test_cert *root)
{
	const struct test_cert *roots[] = { root, NULL };
	struct err err = { 0 };

	*p = (struct tls_party){ .root = NULL };
	p->leaf = test_cert_new(spec, root);
	p->snap = test_snapshot(p->leaf, NULL, roots, TEST_NOW);
	MUST(!failed(tls_context_new(p->snap, &p->context, &err)));
}

void tls_party_init(struct tls_party *p, const struct test_spec *spec,
		    enum test_key root_key)
{
	struct test_spec root = test_spec_root(TLS_TD_ROOT);
	struct test_cert *r;

	root.key = root_key;
	r = test_cert_new(&root, NULL);
	tls_party_init_under(p, spec, r);
	p->root = r;
}

void tls_party_clear(struct tls_party *p)
{
	tls_context_unref(p->context);
	svid_snapshot_unref(p->snap);
	test_cert_free(p->leaf);
	test_cert_free(p->root);
	*p = (struct tls_party){ .root = NULL };
}

/* ---- ends ---- */

struct handshake *tls_ours(const struct tls_party *p, int fd, bool server)
{
	const struct handshake_config cfg = {
		.context = p->context,
		.sys = &tls_sys,
		.fd = fd,
		.server = server,
	};
	struct handshake *h;

	MUST(!failed(handshake_new(&cfg, &h, NULL)));
	return h;
}

static int accept_any(X509_STORE_CTX *store, void *arg)
{
	return 1;
}

SSL_CTX *tls_plain_ctx(const struct test_cert *cert, bool server)
{
	SSL_CTX *c = SSL_CTX_new(server ? TLS_server_method() :
					  TLS_client_method());

	MUST(c);
	SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
			   NULL);
	SSL_CTX_set_cert_verify_callback(c, accept_any, NULL);
	SSL_CTX_set_session_id_context(c, (const uint8_t *)"t", 1);
	SSL_CTX_set_security_level(c, 0);
	if (cert)
		MUST(SSL_CTX_use_cert_and_key(c, cert->x509, cert->key, NULL,
					      1) == 1);
	return c;
}

SSL *tls_plain(SSL_CTX *ctx, int fd, bool server)
{
	SSL *s = SSL_new(ctx);

	MUST(s && SSL_set_fd(s, fd) == 1);
	if (server)
		SSL_set_accept_state(s);
	else
		SSL_set_connect_state(s);
	return s;
}

static void step_plain(struct tls_end *e)
{
	int r;

	ERR_clear_error();
	r = SSL_do_handshake(e->plain);
	if (r == 1) {
		e->over = e->done = true;
		return;
	}
	r = SSL_get_error(e->plain, r);
	if (r != SSL_ERROR_WANT_READ && r != SSL_ERROR_WANT_WRITE) {
		e->over = true;
		e->reason = ERR_GET_REASON(ERR_peek_error());
	}
	ERR_clear_error();
}

static void step(struct tls_end *e, int fd)
{
	enum handshake_status s;

	if (e->over)
		return;
	if (e->plain) {
		step_plain(e);
	} else {
		s = handshake_step(e->ours, &e->err);
		e->over = s == HS_DONE || s == HS_FAILED;
		e->done = s == HS_DONE;
		MUST(ERR_peek_error() == 0);
	}
	if (e->over && !e->done)
		shutdown(fd, SHUT_WR);
}

void tls_drive(struct tls_end *a, int a_fd, struct tls_end *b, int b_fd)
{
	for (int i = 0; i < 50000 && !(a->over && b->over); i++) {
		step(a, a_fd);
		step(b, b_fd);
	}
	MUST(a->over && b->over);
}

/* ---- data after the handshake ---- */

void tls_link_init(struct tls_link *l, struct handshake *h, int fd)
{
	struct handshake_keys k;

	MUST(!failed(handshake_take(h, &k, NULL)));
	*l = (struct tls_link){ .fd = fd, .max_plaintext = k.max_plaintext };
	MUST(!failed(record_dir_init(&l->r, k.suite, false, k.read_secret,
				     k.secret_len, NULL)));
	MUST(!failed(record_dir_init(&l->w, k.suite, true, k.write_secret,
				     k.secret_len, NULL)));
}

void tls_link_clear(struct tls_link *l)
{
	record_dir_clear(&l->r);
	record_dir_clear(&l->w);
}

void tls_link_send(struct tls_link *l, enum content_type type,
		   const void *data, size_t len)
{
	static uint8_t rec[RECORD_MAX];
	size_t n;

	MUST(!failed(record_seal(&l->w, l->w_seq++, type, data, len, rec, &n,
				 NULL)));
	MUST(send(l->fd, rec, n, MSG_NOSIGNAL) == (ssize_t)n);
}

long tls_link_recv(struct tls_link *l, enum content_type *type, uint8_t *out)
{
	static uint8_t rec[RECORD_MAX];
	size_t n, len;

	if (recv(l->fd, rec, RECORD_HEADER, 0) != RECORD_HEADER)
		return -1;
	MUST(!failed(record_length(rec, &n, NULL)));
	MUST(recv(l->fd, rec + RECORD_HEADER, n - RECORD_HEADER, 0) ==
	     (ssize_t)(n - RECORD_HEADER));
	MUST(!failed(record_open(&l->r, l->r_seq++, rec, n, out, type, &len,
				 NULL)));
	return (long)len;
}
