/* SPDX-License-Identifier: Apache-2.0 */
#include "connect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "classify.h"
#include "drive.h"
#include "duplicate.h"
#include "event.h"
#include "ident.h"
#include "judge.h"
#include "kernel.h"
#include "linger.h"
#include "refuse.h"
#include "shim.h"

#define IDENTITY_MS 100 /* an agent that is there answers by then */

/* libc's connect, a cancellation point as the program expects. */
static int real_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	return real.connect(fd, sa, len) == 0 ? 0 : -errno;
}

static int mapped(int r, bool nonblock)
{
	/* TCP is up and the ClientHello is on its way: for the program that is
	 * connected. */
	if (r == -EAGAIN && nonblock)
		return 0;
	return r == DRIVE_ENDED ? -ECONNREFUSED : r;
}

static bool same_address(const struct conn *c, const struct sockaddr *sa)
{
	const union address *u = (const union address *)sa;

	if (c->remote.sa.sa_family != sa->sa_family)
		return false;
	if (sa->sa_family == AF_INET)
		return c->remote.in.sin_port == u->in.sin_port &&
		       c->remote.in.sin_addr.s_addr == u->in.sin_addr.s_addr;
	return c->remote.in6.sin6_port == u->in6.sin6_port &&
	       memcmp(&c->remote.in6.sin6_addr, &u->in6.sin6_addr, 16) == 0;
}

/* TCP is up. The peer may be served by this very thread, or wait for something that this
 * one does next (FTP's data connections): the handshake is waited for, but not for long. */
static int finish(struct conn *c, int fd, bool nonblock)
{
	bool early = nonblock || c->unhurried;
	int r = drive(c, fd, DRIVE_CONNECT, !early);

	if (r == -EAGAIN && !early)
		c->unhurried = early = true;
	r = mapped(r, early);
	if (r == 0 && c->unhurried)
		linger_drive(c, fd); /* whoever serves it may speak first */
	return r;
}

/* A connect on a descriptor that is managed already. 1: another destination, to be
 * judged as if new. */
static int again(struct conn *c, int fd, const struct sockaddr *sa, socklen_t len)
{
	bool nonblock = conn_flags(c) & SLOT_NONBLOCK;
	union address peer;
	socklen_t peer_len = sizeof peer;
	int r;

	if (!same_address(c, sa)) {
		if (sa->sa_family != AF_UNSPEC &&
		    KERNEL(SYS_getpeername, fd, &peer, &peer_len) == 0)
			return -EISCONN;
		duplicate_release(c);
		return 1;
	}
	r = real_connect(fd, sa, len);
	if (r == 0 || r == -EISCONN) {
		int d = finish(c, fd, nonblock);

		return d < 0 ? d : r;
	}
	return r;
}

/* Not one packet before there is an identity to speak under; but a program that does
 * not block is not made to: 1, the worker goes on asking. */
static int need_identity(const struct rule *rule, const struct sockaddr *sa, bool nonblock)
{
	int timeout_ms = rule_timeout_ms(rule);
	struct tls_context *context;
	struct err err;

	if (nonblock && timeout_ms > IDENTITY_MS)
		timeout_ms = IDENTITY_MS;
	if (!failed(ident_context(timeout_ms, &context, &err))) {
		tls_context_unref(context);
		return 0;
	}
	if (nonblock && ident_may_come(&err))
		return 1;
	event_no_identity(rule, sa, &err);
	return -ETIMEDOUT;
}

static int begin(int fd, const struct sockaddr *sa, socklen_t len, const struct rule *rule)
{
	bool nonblock = k_fcntl(fd, F_GETFL, 0) & O_NONBLOCK;
	bool cloexec = k_fcntl(fd, F_GETFD, 0) & FD_CLOEXEC;
	bool twins = fdtab_load(fd) == FD_TWIN, lonely;
	struct conn *c;
	int r;

	if (!duplicate_twins_allow(fd))
		return refuse_call(NULL, REFUSE_stdio_fd);
	if (fdtab_load(fd) == FD_UNMANAGED)
		return refuse_call(NULL, REFUSE_reconnect);
	r = need_identity(rule, sa, nonblock);
	if (r < 0)
		return r;
	lonely = r > 0;
	c = conn_new(CONN_CONNECTING, false, rule, NULL, sa, nonblock);
	if (!c || !conn_install(c, fd, cloexec)) {
		event_no_room(false, rule, NULL, sa);
		conn_put(c);
		return c ? -EMFILE : -ENOBUFS;
	}
	k_fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (twins)
		duplicate_twins_join(c, fd);
	r = real_connect(fd, sa, len);
	if (lonely && (r == 0 || r == -EINPROGRESS))
		linger_drive(c, fd);
	if (r == 0 || r == -EISCONN) {
		int d = finish(c, fd, nonblock);

		r = d < 0 ? d : r;
	} else if (r != -EINPROGRESS && r != -EINTR && r != -EALREADY) {
		duplicate_release(c); /* no connection: it can be used again */
	}
	conn_put(c);
	return r;
}

static int bypass(int fd, const struct sockaddr *sa, socklen_t len)
{
	uintptr_t word = fdtab_load(fd);
	int r = real_connect(fd, sa, len);

	if ((r == 0 || r == -EINPROGRESS) && (word == FD_FRESH || word == FD_TWIN))
		fdtab_swap(fd, word, FD_UNMANAGED);
	return r;
}

int connect_call(int fd, const struct sockaddr *sa, socklen_t len)
{
	union address own = { 0 }; /* what is judged is what is used */
	struct conn *c;
	struct verdict v;
	int r;

	shim_start();
	len = len < sizeof own ? len : sizeof own;
	sa = memcpy(&own, sa, len);
	c = managed(fd);
	if (c) {
		/* Nor does one that listened become a connection that nobody judged. */
		r = c->slot ? again(c, fd, sa, len)
		    : sa->sa_family == AF_UNSPEC ? real_connect(fd, sa, len) : -EISCONN;
		conn_put(c);
		if (r != 1)
			return r;
	}
	if (sa->sa_family == AF_UNSPEC || !classify_is_inet_stream(fd) ||
	    len < (sa->sa_family == AF_INET ? sizeof(struct sockaddr_in) : 24u))
		return real_connect(fd, sa, len);
	v = judge_connect(sa);
	if (v.mode == MODE_ENFORCE)
		return begin(fd, sa, len, v.rule);
	if (v.mode == MODE_BYPASS)
		return bypass(fd, sa, len);
	event_denied(false, v.rule ? v.rule : v.claimed_by, NULL, sa,
		     v.claimed_by ? "the rule claims this port for its own host"
				  : "no rule allows connections there");
	return -EACCES;
}

int connect_error(struct conn *c, int fd)
{
	bool nonblock = conn_flags(c) & SLOT_NONBLOCK;
	int r;

	if (conn_state(c) == CONN_OPEN || conn_state(c) == CONN_FAILED)
		return conn_take_error(c);
	if (conn_state(c) != CONN_CONNECTING)
		return 0;
	r = mapped(drive(c, fd, DRIVE_CONNECT, false), nonblock);
	/* Not connected and no error either: still in progress. */
	return r == -EAGAIN || r == -ENOTCONN ? 0 : r < 0 ? -r : 0;
}
