/* SPDX-License-Identifier: Apache-2.0 */
#include "tx.h"

#include <errno.h>
#include <string.h>

#include "event.h"
#include "kernel.h"
#include "rx.h"
#include "scratch.h"
#include "tls/alert.h"
#include "tls/post_handshake.h"
#include "wait.h"

/* Order that survives SIGKILL: busy, sequence number, seal, send, keep what did
 * not go, not busy. A busy word left behind means that nobody can tell which
 * bytes the peer has: that direction is over (conn_enter). */
static void busy(struct conn *c)
{
	atomic_store(&c->slot->dir[DIR_TX].busy, arena_self(c->arena));
}

static void idle(struct conn *c)
{
	atomic_store(&c->slot->dir[DIR_TX].busy, 0);
}

/* Seals one record at out + *len. */
static struct result seal(struct conn *c, enum content_type type, const uint8_t *in, size_t n,
			  uint8_t *out, size_t *len, struct err *err)
{
	size_t rec_len;
	uint64_t seq;
	struct result r = conn_seq(c, DIR_TX, &seq, err);

	if (failed(r))
		return r;
	conn_seq_take(c, DIR_TX, seq);
	r = record_seal(&c->keys[DIR_TX], seq, type, in, n, out + *len, &rec_len, err);
	if (!failed(r))
		*len += rec_len;
	return r;
}

/* RFC 8446 4.6.3 and 5.5: a KeyUpdate, if one is owed or the key is used up. */
static struct result seal_key_update(struct conn *c, uint8_t *out, size_t *len, struct err *err)
{
	uint8_t msg[KEY_UPDATE_LEN];
	struct result r;
	uint64_t seq;
	bool owed;

	r = conn_seq(c, DIR_TX, &seq, err);
	if (failed(r))
		return r;
	owed = conn_flags(c) & SLOT_KEY_UPDATE_OWED;
	if (!owed && seq < record_key_limit(c->keys[DIR_TX].suite))
		return RESULT_OK;
	conn_clear_flag(c, SLOT_KEY_UPDATE_OWED);
	key_update_build(false, msg);
	r = seal(c, CT_HANDSHAKE, msg, sizeof msg, out, len, err);
	return failed(r) ? r : conn_ratchet(c, DIR_TX, err);
}

/* Small records (max_fragment_length) go together as well; fewer than the margin
 * that a key has beyond its limit. */
#define CHUNK_RECORDS 32

/* Seals records of what cur still has, as many as one send takes. */
static struct result seal_chunk(struct conn *c, struct cursor *cur, struct scratch *s,
				size_t *ret_len, size_t *ret_plain, struct err *err)
{
	struct result r = seal_key_update(c, s->cipher, ret_len, err);

	for (unsigned i = 0; i < CHUNK_RECORDS && cur->left && !failed(r); i++) {
		size_t n = cur->left < c->max_plaintext ? cur->left : c->max_plaintext;
		const uint8_t *at;
		size_t run;

		if (n + RECORD_OVERHEAD > sizeof s->cipher - *ret_len)
			break;
		at = cursor_at(cur, &run);
		if (run >= n) {
			r = seal(c, CT_APPLICATION_DATA, at, n, s->cipher, ret_len, err);
			cursor_skip(cur, n);
		} else {
			if (s->plain_used < n)
				s->plain_used = (uint32_t)n;
			cursor_get(cur, s->plain, n);
			r = seal(c, CT_APPLICATION_DATA, s->plain, n, s->cipher, ret_len, err);
		}
		*ret_plain += n;
	}
	return r;
}

static int fail(struct conn *c, int fd, const struct err *err)
{
	event_broken(c, err);
	conn_fail(c, fd, ECONNRESET, -1);
	return -ECONNRESET;
}

/* Sends out[] of the slot. The caller is inside conn_enter. */
static int flush_locked(struct conn *c, int fd)
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
		busy(c);
		n = k_send(fd, slot_out(c->arena, c->slot) + off, len, 0);
		if (n > 0) {
			len -= (uint32_t)n;
			atomic_store(&c->slot->out_off, off + (uint32_t)n);
			atomic_store(&c->slot->out_len, len);
		}
		idle(c);
		if (n < 0)
			return (int)n;
	}
	return 0;
}

/* Sends len sealed bytes; keeps what does not go. Returns how many stay, or
 * -errno. The direction is busy. */
static ssize_t send_or_keep(struct conn *c, int fd, const uint8_t *sealed, size_t len, int flags)
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
	int r = flush_locked(c, fd);

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

		busy(c);
		if (failed(seal_chunk(c, cur, s, &len, &plain, &err)))
			return fail(c, fd, &err); /* busy stays: nothing more leaves */
		kept = send_or_keep(c, fd, s->cipher, len, flags & MSG_MORE);
		/* EPIPE, ECONNRESET: the kernel sends no more. After any other
		 * error it might, with what was lost missing: busy stays. */
		if (kept >= 0 || kept == -EPIPE || kept == -ECONNRESET)
			idle(c);
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
	r = flush_locked(c, fd);
	give_back(c);
	conn_leave(c, DIR_TX);
	return r;
}

static int alert_locked(struct conn *c, int fd, int number)
{
	uint8_t sealed[RECORD_OVERHEAD + 2 + 64];
	uint8_t msg[ALERT_LEN];
	size_t len = 0;
	ssize_t kept;
	struct err err;
	int r = flush_locked(c, fd);

	if (r < 0)
		return r;
	tls_alert_build(number, msg);
	busy(c);
	if (failed(seal(c, CT_ALERT, msg, sizeof msg, sealed, &len, &err)))
		return -ECONNRESET;
	kept = send_or_keep(c, fd, sealed, len, 0);
	idle(c);
	return kept < 0 ? (int)kept : 0;
}

int tx_close_notify(struct conn *c, int fd)
{
	int r = conn_enter(c, DIR_TX);

	if (r < 0)
		return r;
	if (!c->keyed) {
		r = -EPIPE;
	} else if (!(conn_flags(c) & SLOT_TX_CLOSED)) {
		r = alert_locked(c, fd, ALERT_close_notify); /* RFC 8446 6.1 */
		if (r == 0)
			conn_set_flag(c, SLOT_TX_CLOSED);
	}
	if (r == 0)
		r = flush_locked(c, fd);
	conn_leave(c, DIR_TX);
	return r;
}

void tx_alert(struct conn *c, int fd, int alert)
{
	if (conn_enter(c, DIR_TX) < 0)
		return;
	if (!(conn_flags(c) & SLOT_TX_CLOSED) &&
	    alert_locked(c, fd, alert) == 0)
		conn_set_flag(c, SLOT_TX_CLOSED);
	conn_leave(c, DIR_TX);
}
