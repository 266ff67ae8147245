/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"

#include <errno.h>
#include <string.h>

#include "conn_internal.h"
#include "kernel.h"
#include "tx.h"

#define ERRNO_MAX 4095

struct conn *conn_new_listener(void)
{
	return conn_pool_take();
}

static void copy_address(union address *to, const struct sockaddr *from)
{
	if (from)
		memcpy(to, from, from->sa_family == AF_INET6 ? sizeof to->in6 : sizeof to->in);
}

struct conn *conn_new(enum conn_state state, bool server, const struct rule *rule,
		      const struct sockaddr *local, const struct sockaddr *remote, bool nonblock)
{
	struct conn *c = conn_pool_take();
	bool locked;

	if (!c)
		return NULL;
	/* fork holds it: the child must not find a slot that prepare did not. */
	locked = lock_acquire(&c->hs_lock);
	c->slot = arena_take(&c->arena);
	if (locked)
		lock_release(&c->hs_lock);
	if (!c->slot) {
		conn_put(c);
		return NULL;
	}
	atomic_store(&c->slot->state, state);
	atomic_store(&c->slot->flags, nonblock ? SLOT_NONBLOCK : 0);
	c->server = server;
	c->rule = rule;
	c->max_plaintext = RECORD_PLAIN_MAX;
	c->deadline_ms = k_mono_ms() + (rule ? rule_timeout_ms(rule) : 0);
	copy_address(&c->local, local);
	copy_address(&c->remote, remote);
	return c;
}

enum conn_state conn_state(const struct conn *c)
{
	uint32_t s = atomic_load_explicit(&c->slot->state, memory_order_acquire);

	if (s >= CONN_STATES)
		return CONN_BUG;
	return c->was_open && s < CONN_OPEN ? CONN_FAILED : (enum conn_state)s;
}

bool conn_event(struct conn *c, enum conn_event e)
{
	uint32_t seen = atomic_load(&c->slot->state);
	enum conn_state next;

	do {
		next = conn_state_next(seen < CONN_STATES ? (enum conn_state)seen : CONN_BUG, e);
		if (next == CONN_BUG) {
			atomic_store(&c->slot->state, CONN_FAILED);
			return false;
		}
	} while (!atomic_compare_exchange_weak(&c->slot->state, &seen, next));
	if (e == EV_KEYS)
		c->was_open = true;
	return true;
}

int conn_enter(struct conn *c, enum dir d)
{
	if (!lock_acquire(&c->lock[d]))
		return -EINTR;
	c->slot_locked[d] = !c->pinned[d] && slot_is_shared(c->slot, arena_bit(c->arena));
	if (c->slot_locked[d] && slot_lock(c->arena, c->slot, d) < 0) {
		c->slot_locked[d] = false;
		lock_release(&c->lock[d]);
		return -ECONNRESET;
	}
	if (!atomic_load_explicit(&c->slot->dir[d].busy, memory_order_relaxed))
		return 0;
	/* Whoever was at work here died there (and may be out of the holders by
	 * now): nobody knows which bytes left. */
	conn_leave(c, d);
	return -ECONNRESET;
}

void conn_leave(struct conn *c, enum dir d)
{
	/* As it was taken: others may have come or gone in between. */
	if (c->slot_locked[d])
		slot_unlock(c->arena, c->slot, d);
	c->slot_locked[d] = false;
	lock_release(&c->lock[d]);
}

struct result conn_ratchet(struct conn *c, enum dir d, struct err *reterr)
{
	struct slot_dir *sd = &c->slot->dir[d];
	struct result r = record_dir_ratchet(&c->keys[d], reterr);

	if (failed(r))
		return r;
	c->seq_floor[d] = 0;
	atomic_store(&sd->seq, 0);
	atomic_store(&sd->gen, c->keys[d].generation);
	return RESULT_OK;
}

struct result conn_seq(struct conn *c, enum dir d, uint64_t *ret_seq, struct err *reterr)
{
	struct slot_dir *sd = &c->slot->dir[d];
	uint32_t gen = atomic_load(&sd->gen);
	uint64_t seq = atomic_load(&sd->seq);

	if (gen < c->keys[d].generation || gen - c->keys[d].generation > 65536)
		return FAIL(reterr, ERR_POISONED, "the key generation went from %u to %u",
			    c->keys[d].generation, gen);
	while (c->keys[d].generation < gen) {
		struct result r = record_dir_ratchet(&c->keys[d], reterr);

		if (failed(r))
			return r;
		c->seq_floor[d] = 0;
	}
	/* RFC 8446 5.3: a sequence number never repeats under a key. Another
	 * process may have used more of them than we know of, never fewer. */
	if (seq < c->seq_floor[d])
		return FAIL(reterr, ERR_POISONED, "the sequence number went backwards");
	if (seq == UINT64_MAX)
		return FAIL(reterr, ERR_KEY_LIMIT, "the sequence number would wrap");
	*ret_seq = seq;
	return RESULT_OK;
}

void conn_seq_take(struct conn *c, enum dir d, uint64_t seq)
{
	c->seq_floor[d] = seq + 1;
	atomic_store(&c->slot->dir[d].seq, seq + 1);
}

void conn_fail(struct conn *c, int fd, int error, int alert)
{
	int none = 0;

	atomic_compare_exchange_strong(&c->slot->error, &none, error);
	if (alert >= 0 && c->keyed && fd >= 0) {
		tx_alert(c, fd, alert);
		conn_set_flag(c, SLOT_DRAIN_ON_CLOSE);
	}
	conn_event(c, EV_FAIL);
	c->keyed = false;
	/* Pollers wake and see an ended socket, as after a reset. With an alert on
	 * its way the read side stays open: data that meets a shut one is answered
	 * with an RST, which could overtake the alert. */
	if (fd >= 0)
		k_shutdown(fd, conn_flags(c) & SLOT_DRAIN_ON_CLOSE ? SHUT_WR : SHUT_RDWR);
}

int conn_take_error(struct conn *c)
{
	int error = atomic_exchange(&c->slot->error, 0);

	/* Negated it becomes a result: a sharer's lie must not become a count. */
	return error < 0 || error > ERRNO_MAX ? ECONNRESET : error;
}
