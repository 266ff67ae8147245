/* SPDX-License-Identifier: Apache-2.0 */
#include "rx.h"

#include <errno.h>

#include "kernel.h"
#include "rx_internal.h"
#include "wait.h"

static int step(struct pass *p)
{
	if (conn_flags(p->c) & SLOT_RX_WHOLE)
		return rx_deliver_stored(p);
	if (rx_needs_whole(p))
		return rx_fetch_whole(p);
	if (atomic_load(&p->c->slot->in_len))
		return rx_complete_stored(p);
	return rx_receive_batch(p);
}

static void start(struct pass *p, struct conn *c, int fd, struct cursor *cur)
{
	*p = (struct pass){ .c = c, .fd = fd, .cur = cur, .s = scratch_get() };
	if (atomic_load(&c->slot->in_len) > IN_SIZE)
		atomic_store(&c->slot->in_len, IN_SIZE); /* a hostile sharer */
	atomic_store(&c->slot->dir[DIR_RX].busy, arena_self(c->arena));
}

static void stop(struct pass *p)
{
	atomic_store(&p->c->slot->dir[DIR_RX].busy, 0);
	if (p->s)
		scratch_put(p->s);
}

/* What came before the end is delivered first; why it ended is said next, or the
 * end would look like a clean one. */
static void keep_error(struct conn *c, ssize_t r)
{
	int none = 0;

	if (r < 0 && r != -EAGAIN && r != -EINTR && r != -EBADF)
		atomic_compare_exchange_strong(&c->slot->error, &none, (int)-r);
}

/* One locked pass. > 0: bytes; 0: the peer has ended; -EAGAIN: not now. A short
 * count is only returned once the kernel had no more: callers that take "short"
 * for "drained" under edge triggering would wait for ever otherwise. */
static ssize_t read_once(struct conn *c, int fd, struct cursor *cur, bool peek)
{
	struct pass p;
	int r = conn_enter(c, DIR_RX);

	if (r < 0)
		return r;
	start(&p, c, fd, cur);
	p.peek = peek;
	r = p.s ? 1 : -ENOBUFS;
	if (r > 0 && !c->keyed)
		r = -conn_take_error(c); /* another thread's call found it broken */
	while (r > 0 && cur->left) {
		if (conn_flags(c) & SLOT_RX_EOF && !(conn_flags(c) & SLOT_RX_WHOLE)) {
			r = 0;
			break;
		}
		if ((p.drained || p.peek) && p.moved)
			break;
		p.drained = false;
		r = step(&p);
	}
	stop(&p);
	conn_leave(c, DIR_RX);
	if (!p.moved)
		return r > 0 ? 0 : r;
	keep_error(c, r);
	return (ssize_t)p.moved;
}

/* How many bytes a call that may wait waits for: socket(7), SO_RCVLOWAT. */
static size_t least(struct conn *c, size_t room, int flags)
{
	int32_t low = atomic_load(&c->slot->rcvlowat);

	return flags & MSG_WAITALL || (low > 0 && (size_t)low > room) ? room : low > 0 ? (size_t)low : 1;
}

ssize_t rx_read(struct conn *c, int fd, struct cursor *cur, int flags)
{
	bool wait = !(flags & MSG_DONTWAIT) && !(conn_flags(c) & SLOT_NONBLOCK);
	size_t got = 0, enough = flags & MSG_PEEK ? 1 : least(c, cur->left, flags);
	ssize_t r;

	for (;;) {
		r = read_once(c, fd, cur, flags & MSG_PEEK);
		if (r > 0) {
			got += (size_t)r;
			if (!wait || got >= enough)
				return (ssize_t)got;
			continue;
		}
		if (r != -EAGAIN || !wait)
			break;
		r = wait_readable(c, fd);
		/* After a SHUT_RD the peer's goodbye meets a shut socket, which
		 * resets: to whoever waits it has just ended. */
		if (r < 0 && r != -EAGAIN && conn_flags(c) & SLOT_RX_EOF)
			r = 0;
		else if (r < 0)
			break;
	}
	if (got)
		keep_error(c, r);
	return got ? (ssize_t)got : r;
}

ssize_t rx_available(struct conn *c, int fd)
{
	struct cursor none = { 0 };
	uint32_t off;
	struct pass p;
	ssize_t r = conn_enter(c, DIR_RX);

	if (r < 0)
		return r;
	start(&p, c, fd, &none);
	p.peek = true;
	r = p.s && c->keyed ? 1 : 0;
	while (r > 0 && !(conn_flags(c) & (SLOT_RX_WHOLE | SLOT_RX_EOF)))
		r = rx_fetch_whole(&p);
	if (r > 0 && conn_flags(c) & SLOT_RX_WHOLE && (r = rx_have_plain(&p, &off)) > 0)
		r = c->plain_len - off + rx_behind(&p);
	else
		r = 0;
	stop(&p);
	conn_leave(c, DIR_RX);
	return r;
}

enum rx_drained rx_drain(struct conn *c, int fd)
{
	enum rx_drained ret = RX_ENDED;
	struct cursor none = { 0 };
	struct pass p;
	int r = 1;

	if (conn_enter(c, DIR_RX) < 0)
		return RX_ENDED;
	start(&p, c, fd, &none);
	p.peek = true;
	while (p.s && c->keyed && r > 0 && !(conn_flags(c) & (SLOT_RX_WHOLE | SLOT_RX_EOF)))
		r = rx_fetch_whole(&p);
	if (conn_flags(c) & SLOT_RX_WHOLE)
		ret = RX_UNREAD_DATA;
	else if (r == -EAGAIN)
		ret = RX_EMPTY;
	stop(&p);
	conn_leave(c, DIR_RX);
	return ret;
}

void rx_look_for_alert(struct conn *c, int fd)
{
	rx_drain(c, fd);
}
