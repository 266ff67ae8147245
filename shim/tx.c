/* SPDX-License-Identifier: Apache-2.0 */
#include "tx.h"

#include <errno.h>
#include <string.h>

#include "event.h"
#include "kernel.h"
#include "rx.h"
#include "scratch.h"
#include "tx_internal.h"
#include "wait.h"

static int fail(struct conn *c, int fd, const struct err *err)
{
	event_broken(c, err);
	conn_fail(c, fd, ECONNRESET, -1);
	return -ECONNRESET;
}

/* Sends out[] of the slot. The caller is inside conn_enter. */
int tx_flush_locked(struct conn *c, int fd)
{
	uint32_t len = atomic_load(&c->slot->out_len);

	while (len) {
		uint32_t off = atomic_load(&c->slot->out_off);
		ssize_t n;

		if (off > OUT_SIZE || len > OUT_SIZE - off) {
			struct err err;

			(void)FAIL(&err, ERR_POISONED, "the shared slot's output makes no sense");
			return fail(c, fd, &err);
		}
		tx_busy(c);
		n = k_send(fd, slot_out(c->arena, c->slot) + off, len, 0);
		if (n > 0) {
			len -= (uint32_t)n;
			atomic_store(&c->slot->out_off, off + (uint32_t)n);
			atomic_store(&c->slot->out_len, len);
		}
		tx_idle(c);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

/* Sends len sealed bytes; keeps what does not go. Returns how many stay, or
 * -errno. The direction is busy. */
ssize_t tx_send_or_keep(struct conn *c, int fd, const uint8_t *sealed, size_t len, int flags)
{
	size_t sent = 0;

	while (sent < len) {
		ssize_t n = k_send(fd, sealed + sent, len - sent, flags);

		if (n == -EINTR)
			continue;
		if (n == -EAGAIN)
			break;
		if (n < 0)
			return n;
		sent += (size_t)n;
	}
	if (sent < len) {
		conn_note_flag(c, SLOT_OUT_USED);
		memcpy(slot_out(c->arena, c->slot), sealed + sent, len - sent);
		atomic_store(&c->slot->out_off, 0);
		atomic_store(&c->slot->out_len, (uint32_t)(len - sent));
	}
	return (ssize_t)(len - sent);
}

/* The first byte of this write is one that short_count left behind. Of processes
 * that shared the buffer it came from, the first one back has it; others' writes
 * are whole. */
static bool swallowed(struct conn *c)
{
	uint64_t bit = c->swallow;

	c->swallow = 0;
	return atomic_fetch_and(&c->slot->swallow, ~bit) & bit;
}

/* One round without waiting: *taken grows by what was accepted. 0: all of it;
 * -EAGAIN: the socket is full. */
static int write_round(struct conn *c, int fd, struct cursor *cur, int flags, size_t *taken,
		       struct scratch *s)
{
	int r = tx_flush_locked(c, fd);

	if (r < 0)
		return r;
	if (c->swallow && cur->left && swallowed(c)) {
		cursor_skip(cur, 1);
		++*taken;
	}
	while (cur->left) {
		size_t len = 0, plain = 0;
		ssize_t kept;
		struct err err;

		tx_busy(c);
		if (failed(tx_seal_chunk(c, cur, s, &len, &plain, &err)))
			return fail(c, fd, &err); /* busy stays: nothing more leaves */
		kept = tx_send_or_keep(c, fd, s->cipher, len, flags & MSG_MORE);
		/* EPIPE, ECONNRESET: the kernel sends no more. After any other
		 * error it might, with what was lost missing: busy stays. */
		if (kept >= 0 || kept == -EPIPE || kept == -ECONNRESET)
			tx_idle(c);
		if (kept < 0)
			return (int)kept;
		*taken += plain;
		if (kept)
			return -EAGAIN;
	}
	return 0;
}

/* The sealed rest stays here: let the program come back for one byte that has
 * gone already, so that someone flushes it. */
static ssize_t short_count(struct conn *c, size_t taken)
{
	if (taken == 0 || !atomic_load(&c->slot->out_len))
		return taken ? (ssize_t)taken : -EAGAIN;
	c->swallow = arena_bit(c->arena);
	atomic_fetch_or(&c->slot->swallow, c->swallow);
	return taken > 1 ? (ssize_t)taken - 1 : -EAGAIN;
}

/* A send failed: the reason may be an alert that came before the reset. */
static ssize_t broken(struct conn *c, int fd, int error, size_t taken)
{
	rx_look_for_alert(c, fd);
	if (taken)
		return (ssize_t)taken;
	return conn_state(c) == CONN_FAILED ? -EPIPE : error;
}

/* Of a single byte no short count can be told: it is taken only if it will go. */
static bool has_room(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return k_poll(&p, 1, 0) != 0;
}

/* Nothing waits any more: a socket that filled up once does not keep its pages. */
static void give_back(struct conn *c)
{
	if (conn_flags(c) & SLOT_OUT_USED && !atomic_load(&c->slot->out_len))
		slot_out_empty(c->arena, c->slot);
}

/* One locked round; what comes back is final unless it is -EAGAIN. */
static ssize_t write_once(struct conn *c, int fd, struct cursor *cur, int flags, bool wait,
			  size_t *taken)
{
	struct scratch *s = scratch_get();
	ssize_t r;

	if (!s)
		return -ENOBUFS;
	r = conn_enter(c, DIR_TX);
	if (r == 0) {
		if (conn_flags(c) & SLOT_TX_CLOSED || !c->keyed)
			r = -EPIPE;
		else if (!wait && cur->left == 1 && !has_room(fd))
			r = -EAGAIN;
		else
			r = write_round(c, fd, cur, flags, taken, s);
		give_back(c);
		if (r == -EAGAIN && !wait)
			r = short_count(c, *taken);
		else if (r == 0)
			r = (ssize_t)*taken;
		conn_leave(c, DIR_TX);
	}
	scratch_put(s);
	return r;
}

ssize_t tx_write(struct conn *c, int fd, struct cursor *cur, int flags)
{
	bool wait = !(flags & MSG_DONTWAIT) && !(conn_flags(c) & SLOT_NONBLOCK);
	size_t taken = 0;
	ssize_t r;

	while ((r = write_once(c, fd, cur, flags, wait, &taken)) == -EAGAIN && wait) {
		r = wait_writable(c, fd);
		if (r == 0)
			continue;
		/* Interrupted or timed out: say what was accepted. */
		if (taken && conn_enter(c, DIR_TX) == 0) {
			ssize_t n = short_count(c, taken);

			conn_leave(c, DIR_TX);
			return n > 0 ? n : r;
		}
		return r;
	}
	if (r == -EPIPE || r == -ECONNRESET)
		return broken(c, fd, (int)r, taken);
	return r < 0 && taken ? (ssize_t)taken : r;
}

int tx_flush(struct conn *c, int fd)
{
	int r = conn_enter(c, DIR_TX);

	if (r < 0)
		return r;
	r = tx_flush_locked(c, fd);
	give_back(c);
	conn_leave(c, DIR_TX);
	return r;
}
