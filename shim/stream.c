/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>

#include "arguments.h"
#include "drive.h"
#include "early.h"
#include "kernel.h"
#include "linger.h"
#include "patience.h"
#include "refuse.h"
#include "rx.h"
#include "scratch.h"
#include "shim.h"
#include "tx.h"
#include "wait.h"

static int usable(const struct conn *c)
{
	if (!c->slot)
		return -ENOTCONN; /* a listener */
	/* The copy of a fork that nobody saw has no right to the keys. */
	return atomic_load(shim_fork_word) ? 0 : -ECONNRESET;
}

static bool waits(const struct conn *c, int flags)
{
	return !(flags & MSG_DONTWAIT) && !(conn_flags(c) & SLOT_NONBLOCK);
}

/* recv of no bytes waits for data all the same (tcp(7) says nothing, Linux does). */
static ssize_t await_data(struct conn *c, int fd, int flags)
{
	uint8_t byte;
	struct iovec iov = { &byte, 1 };
	struct cursor cur = cursor_of(&iov, 1);
	ssize_t r = rx_read(c, fd, &cur, flags | MSG_PEEK);

	return r > 0 ? 0 : r;
}

/* tcp(7), MSG_TRUNC: bytes are dropped, not delivered; the program's buffers may be
 * nowhere. */
static ssize_t discard(struct conn *c, int fd, size_t n, int flags)
{
	struct scratch *s = scratch_get();
	struct iovec sink[8];
	size_t room = s ? sizeof s->cipher : 0;
	struct cursor cur;
	ssize_t r;
	int k = 0;

	if (!s)
		return -ENOBUFS;
	for (; k < 8 && n; k++) {
		sink[k] = (struct iovec){ s->cipher, n < room ? n : room };
		n -= sink[k].iov_len;
	}
	cur = cursor_of(sink, k);
	r = rx_read(c, fd, &cur, flags & ~MSG_TRUNC);
	explicit_bzero(s->cipher, sizeof s->cipher);
	scratch_put(s);
	return r;
}

static bool hears_handshake(const struct conn *c)
{
	return conn_state(c) == CONN_FRESH || conn_state(c) == CONN_HANDSHAKE;
}

/* A part of the buffers is nowhere: what ends before that is delivered, and of the rest
 * nothing is taken. */
static ssize_t read_before(struct conn *c, int fd, struct cursor *cur, size_t before, int flags)
{
	uint8_t byte;
	struct iovec iov = { &byte, 1 };
	struct cursor look = cursor_of(&iov, 1);
	ssize_t r = rx_read(c, fd, &look, (flags & ~MSG_WAITALL) | MSG_PEEK);

	if (r <= 0)
		return r;
	r = rx_available(c, fd);
	if (r < 0 || (size_t)r > before)
		return r < 0 ? r : -EFAULT;
	cur->left = before;
	return rx_read(c, fd, cur, flags & ~MSG_WAITALL);
}

static ssize_t read_through(struct conn *c, int fd, const struct iovec *iov, int n, int flags)
{
	struct cursor cur;
	size_t before;
	int r = drive(c, fd, DRIVE_READ, waits(c, flags));

	if (r != 0)
		return r == DRIVE_ENDED ? 0 : r;
	cur = cursor_of(iov, n);
	if (!cur.left)
		return await_data(c, fd, flags & ~MSG_TRUNC);
	if (flags & MSG_TRUNC)
		return discard(c, fd, cur.left, flags);
	return leads_nowhere(iov, n, &before) ? read_before(c, fd, &cur, before, flags)
					      : rx_read(c, fd, &cur, flags);
}

/* What a read may have taken from the kernel without having anything for the program. */
struct taken {
	bool handshake; /* it had bytes to work on */
	uint32_t part;	/* of a record */
};

static struct taken taken_so_far(const struct conn *c, int fd)
{
	return (struct taken){ hears_handshake(c) && k_ioctl_int(fd, FIONREAD) > 0,
			       atomic_load(&c->slot->in_len) };
}

ssize_t stream_read(struct conn *c, int fd, const struct iovec *iov, int n, int flags)
{
	struct taken before;
	ssize_t r = usable(c);

	if (r == 0)
		r = check_vector(iov, n);
	if (r == 0)
		r = refuse_recv_flags(c, flags);
	if (r < 0)
		return r;
	if (conn_flags(c) & SLOT_RX_EOF && hears_handshake(c))
		return 0; /* SHUT_RD came first */
	do {
		before = taken_so_far(c, fd);
		r = read_through(c, fd, iov, n, flags);
	} while (r == -EAGAIN && !waits(c, flags) &&
		 (before.handshake || before.part != atomic_load(&c->slot->in_len)) &&
		 patience_more(fd));
	return r;
}

/* What was held before the handshake goes first. */
static int early_first(struct conn *c, int fd, bool wait)
{
	int r;

	while ((r = drive_early_flush(c, fd)) == -EAGAIN && wait) {
		r = wait_writable(c, fd);
		if (r < 0)
			return r;
	}
	return r;
}

static ssize_t write_through(struct conn *c, int fd, struct cursor *cur, int flags)
{
	bool wait = waits(c, flags);
	int r;

	if (c->shut_after_early)
		return -EPIPE;
	r = drive(c, fd, DRIVE_WRITE, wait && !c->unhurried);
	if (r == DRIVE_ENDED)
		return -EPIPE;
	if (r == -EAGAIN && (!wait || c->unhurried) && conn_state(c) != CONN_CONNECTING) {
		ssize_t n = drive_early_write(c, fd, cur);

		if (n != -EAGAIN || !wait)
			return n;
		r = drive(c, fd, DRIVE_WRITE, true); /* TCP's buffers would be full, too */
	}
	if (r == 0 && c->early_len)
		r = early_first(c, fd, wait);
	return r < 0 ? r : tx_write(c, fd, cur, flags);
}

ssize_t stream_write(struct conn *c, int fd, const struct iovec *iov, int n, int flags)
{
	struct cursor cur;
	size_t before;
	ssize_t r = usable(c);

	if (r == 0)
		r = check_vector(iov, n);
	if (r == 0)
		r = refuse_send_flags(c, flags);
	if (r == 0 && leads_nowhere(iov, n, &before))
		r = -EFAULT;
	if (r < 0)
		return r;
	cur = cursor_of(iov, n);
	r = write_through(c, fd, &cur, flags);
	if (r == -EPIPE && !(flags & MSG_NOSIGNAL) && !sandbox_denies(SYS_tgkill))
		raise(SIGPIPE);
	return r;
}

ssize_t stream_available(struct conn *c, int fd)
{
	int r = usable(c);

	if (r < 0)
		return r;
	r = drive(c, fd, DRIVE_ASIDE, false);
	return r == 0 ? rx_available(c, fd) : 0;
}

/* The goodbye that TLS says before TCP's. 0: said; -EAGAIN: the worker will. */
static int say_goodbye(struct conn *c, int fd)
{
	int r = drive(c, fd, DRIVE_ASIDE, false);

	/* Not connected yet: libc says so. */
	if (r == -EAGAIN && conn_state(c) == CONN_CONNECTING)
		return 0;
	if (r == -EAGAIN)
		c->shut_after_early = true;
	if (r == 0 && c->early_len)
		r = drive_early_flush(c, fd);
	if (r == 0)
		r = tx_close_notify(c, fd);
	if (r == -EAGAIN)
		linger_shutdown(c, fd);
	return r == -EAGAIN ? r : 0;
}

int stream_shutdown(struct conn *c, int fd, int how)
{
	int r = usable(c);

	if (r < 0)
		return r;
	if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR)
		return -EINVAL;
	if (how != SHUT_RD && say_goodbye(c, fd) == -EAGAIN)
		how = how == SHUT_RDWR ? SHUT_RD : -1; /* the worker shuts writing */
	if (how == SHUT_RD || how == SHUT_RDWR) {
		bool hears = hears_handshake(c);

		conn_set_flag(c, SLOT_RX_EOF);
		/* The handshake still has to be heard, for what was written. */
		if (hears)
			return 0;
	}
	return how < 0 ? 0 : k_shutdown(fd, how);
}
