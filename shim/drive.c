/* SPDX-License-Identifier: Apache-2.0 */
#include "drive.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "early.h"
#include "errno_map.h"
#include "event.h"
#include "ident.h"
#include "kernel.h"
#include "shim_sys.h"
#include "tcp_up.h"
#include "tls/alert.h"
#include "wait.h"

#define IDENTITY_SLICE_MS 10 /* how long a non-blocking call waits for the agent */

/* A change that the kernel did not see: make it raise the edge again. */
static void kick_in(int fd)
{
	k_setsockopt_int(fd, SOL_SOCKET, SO_RCVLOWAT, 1);
}

static int map_errno(enum drive_call call, const struct err *err)
{
	return call == DRIVE_CONNECT ? errno_of_connect(err->cls, err->sys_errno)
				     : errno_of_stream(err->cls, err->sys_errno);
}

/* Told now or kept for later, never both and never neither: without a reason the
 * end would look clean. */
static int over(struct conn *c, int fd, enum drive_call call, const struct err *err, int alert)
{
	int error = map_errno(call, err);

	conn_fail(c, fd, call == DRIVE_ASIDE ? error : 0, alert);
	return -error;
}

static int refuse(struct conn *c, int fd, enum drive_call call,
		  const struct svid_snapshot *own, const struct err *err)
{
	event_handshake_refused(c, own, c->hs ? handshake_peer(c->hs) : NULL, err);
	/* OpenSSL may have sent an alert: do not let an RST overtake it. A client without
	 * a handshake, or out of time, has sent none, and pollers shall wake. */
	if ((c->hs || c->server) && err->cls != ERR_IO && err->cls != ERR_TRUNCATED &&
	    err->cls != ERR_TIMEOUT)
		conn_set_flag(c, SLOT_DRAIN_ON_CLOSE);
	handshake_free(c->hs);
	c->hs = NULL;
	c->early_len = 0;
	return over(c, fd, call, err, -1);
}

static bool authorise(const void *ctx, const struct spiffe_id *peer)
{
	return rule_accepts_peer(ctx, peer);
}

static struct result begin(struct conn *c, int fd, int timeout_ms, struct err *err)
{
	AUTO_UNREF(tls_context) context = NULL;
	struct handshake_config cfg = {
		.sys = &shim_sys,
		.fd = fd,
		.server = c->server,
		.sni = c->server ? NULL : rule_host(c->rule),
		.authorise = c->server ? NULL : authorise,
		.ctx = c->rule,
	};
	struct result r = ident_context(timeout_ms, &context, err);

	if (failed(r))
		return r;
	cfg.context = context;
	c->own = svid_snapshot_ref((struct svid_snapshot *)tls_context_snapshot(context));
	return handshake_new(&cfg, &c->hs, err);
}

/* Both secrets become keys; from here on records can be sealed. */
static struct result take_keys(struct conn *c, const char **ret_suite, struct err *err)
{
	struct handshake_keys k;
	struct result r = handshake_take(c->hs, &k, err);

	if (failed(r))
		return r;
	*ret_suite = tls_suite_name(k.suite);
	c->max_plaintext = k.max_plaintext;
	r = record_dir_init(&c->keys[DIR_RX], k.suite, false, k.read_secret, k.secret_len, err);
	if (!failed(r))
		r = record_dir_init(&c->keys[DIR_TX], k.suite, true, k.write_secret,
				    k.secret_len, err);
	explicit_bzero(&k, sizeof k);
	if (failed(r))
		return r;
	c->keyed = true;
	atomic_fetch_or(&c->slot->keyed, arena_bit(c->arena));
	return RESULT_OK;
}

/* The handshake is done: who may stay? */
static int finish(struct conn *c, int fd, enum drive_call call)
{
	const struct handshake_peer *peer = handshake_peer(c->hs);
	const char *suite = NULL;
	struct err err;

	if (failed(take_keys(c, &suite, &err)))
		return refuse(c, fd, call, c->own, &err);
	if (c->server && !rule_accepts_peer(c->rule, &peer->id)) {
		(void)FAIL(&err, ERR_PEER_DENIED, "%s proved who it is, but is not in peers of rule %s",
			   peer->id.uri, rule_name(c->rule));
		err.tls_alert = ALERT_access_denied;
		event_handshake_refused(c, c->own, peer, &err);
		return over(c, fd, call, &err, ALERT_access_denied);
	}
	c->authorised = true; /* before the slot says open: others look there first */
	event_handshake_ok(c, c->own, peer, suite);
	handshake_free(c->hs);
	c->hs = NULL;
	c->own = svid_snapshot_unref(c->own);
	if (!conn_event(c, EV_KEYS))
		return -ECONNRESET;
	/* A client's first data follow its Finished at once, and Nagle holds them
	 * until that is acknowledged. We have nothing to send that an ACK could
	 * ride on, so the kernel would delay it (tcp(7), TCP_QUICKACK). */
	if (c->server)
		k_setsockopt_int(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
	if (call != DRIVE_READ)
		kick_in(fd);
	return 0;
}

/* Nobody can be spoken to yet. A non-blocking program comes back: level-triggered
 * because its bytes are unread, edge-triggered because of the kick. */
static int no_identity(struct conn *c, int fd, enum drive_call call, bool wait, struct err *err)
{
	if (wait || !ident_may_come(err) || k_mono_ms() >= c->deadline_ms)
		return refuse(c, fd, call, NULL, err);
	kick_in(fd);
	return -EAGAIN;
}

/* Under hs_lock. 0, -EAGAIN with *events, or -errno. */
static int advance(struct conn *c, int fd, enum drive_call call, bool wait, short *events)
{
	struct err err;

	*events = POLLIN;
	if (!c->hs) {
		int64_t left = c->deadline_ms - k_mono_ms();

		if (failed(begin(c, fd, wait ? (int)(left > 0 ? left : 1) : IDENTITY_SLICE_MS, &err)))
			return no_identity(c, fd, call, wait, &err);
	}
	handshake_use_fd(c->hs, fd);
	switch (handshake_step(c->hs, &err)) {
	case HS_WANT_READ:
		break;
	case HS_WANT_WRITE:
		*events = POLLOUT;
		break;
	case HS_DONE:
		return finish(c, fd, call);
	case HS_FAILED:
		return refuse(c, fd, call, c->own, &err);
	}
	if (k_mono_ms() < c->deadline_ms)
		return -EAGAIN;
	(void)FAIL(&err, ERR_TIMEOUT, "the handshake took longer than %d ms",
		   rule_timeout_ms(c->rule));
	return refuse(c, fd, call, c->own, &err);
}

/* The handshake belongs to the process that claims it first. */
static int claim(struct conn *c)
{
	int32_t none = 0, self = k_getpid();

	if (atomic_compare_exchange_strong(&c->slot->owner, &none, self)) {
		c->deadline_ms = k_mono_ms() + rule_timeout_ms(c->rule);
		return conn_event(c, EV_CLAIM) ? 0 : -ECONNRESET;
	}
	return none == self ? 0 : -ECONNRESET;
}

static int handshake(struct conn *c, int fd, enum drive_call call, bool wait, short *events)
{
	int r;

	if (!lock_acquire(&c->hs_lock))
		return -EINTR;
	switch (conn_state(c)) { /* another thread may have been faster */
	case CONN_FRESH:
	case CONN_HANDSHAKE:
		r = claim(c);
		if (r == 0)
			r = advance(c, fd, call, wait, events);
		break;
	default:
		r = 0;
		break;
	}
	lock_release(&c->hs_lock);
	return r;
}

static int out_of_time(struct conn *c, int fd, enum drive_call call)
{
	struct err err;
	int r;

	if (!lock_acquire(&c->hs_lock))
		return -EINTR;
	(void)FAIL(&err, ERR_TIMEOUT, "the peer did not finish the handshake within %d ms",
		   rule_timeout_ms(c->rule));
	/* Another thread may have been faster. */
	r = conn_state(c) == CONN_HANDSHAKE ? refuse(c, fd, call, c->own, &err)
	    : conn_state(c) == CONN_OPEN    ? 0
					    : -ETIMEDOUT;
	lock_release(&c->hs_lock);
	return r;
}

static int opened(struct conn *c, int fd)
{
	/* The keys are another process's; or a sharer says "open" of a connection
	 * whose peer nobody here has authorised. */
	if (!c->keyed || !c->authorised)
		return -ECONNRESET;
	if (__builtin_expect(c->early_len != 0, 0))
		(void)drive_early_flush(c, fd);
	return 0;
}

#define CONNECT_MS 500 /* a peer that is at it has shaken hands by then */

/* SO_RCVTIMEO and SO_SNDTIMEO bound the program's read or write, and the handshake
 * in it. When it has had enough, CLOCK_MONOTONIC. */
static int64_t patience(int fd, enum drive_call call)
{
	struct timeval tv = { 0, 0 };
	socklen_t len = sizeof tv;

	if (call == DRIVE_CONNECT)
		return k_mono_ms() + CONNECT_MS;
	if (KERNEL(SYS_getsockopt, fd, SOL_SOCKET,
		   call == DRIVE_READ ? SO_RCVTIMEO : SO_SNDTIMEO, &tv, &len) < 0 ||
	    (!tv.tv_sec && !tv.tv_usec))
		return INT64_MAX;
	return k_mono_ms() + (int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1;
}

int drive(struct conn *c, int fd, enum drive_call call, bool wait)
{
	short events = POLLOUT;
	int64_t until = 0;
	int r;

	for (;;) {
		switch (conn_state(c)) {
		case CONN_OPEN:
			return opened(c, fd);
		case CONN_CONNECTING:
			r = tcp_up(c, fd);
			break;
		case CONN_FRESH:
		case CONN_HANDSHAKE:
			r = handshake(c, fd, call, wait, &events);
			break;
		default:
			r = call == DRIVE_ASIDE ? 0 : conn_take_error(c);
			return r ? -r : DRIVE_ENDED;
		}
		if (r == 0)
			continue;
		if (r != -EAGAIN || !wait)
			return r;
		if (!until)
			until = patience(fd, call);
		r = wait_until(c, fd, events, until < c->deadline_ms ? until : c->deadline_ms);
		if (r == -ETIMEDOUT && until < c->deadline_ms)
			return -EAGAIN;
		if (r == -ETIMEDOUT)
			return out_of_time(c, fd, call);
		if (r < 0)
			return r;
	}
}
