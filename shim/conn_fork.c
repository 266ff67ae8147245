/* SPDX-License-Identifier: Apache-2.0 */
#include "conn_internal.h"

static void lock_all(struct conn *c, void *unused)
{
	/* A lock of this very thread means fork in a signal handler: it stays
	 * with the code that was interrupted, and the child finds that direction
	 * busy and fails it. */
	if (!conn_hold(c))
		return; /* being given back this instant: its locks are nobody's */
	c->fork_locked = FORK_REF;
	if (lock_acquire(&c->hs_lock))
		c->fork_locked |= FORK_HS_LOCK;
	for (int d = 0; d < DIRS; d++)
		if (lock_acquire(&c->lock[d]))
			c->fork_locked |= 1 << d;
}

static void unlock_all(struct conn *c, void *unused)
{
	for (int d = DIRS; d-- > 0;)
		if (c->fork_locked & 1 << d)
			lock_release(&c->lock[d]);
	if (c->fork_locked & FORK_HS_LOCK)
		lock_release(&c->hs_lock);
	c->fork_locked &= FORK_REF;
}

/* Not under the pool's lock: it may be the last. */
static void unhold(struct conn *c, void *unused)
{
	if (c->fork_locked & FORK_REF) {
		c->fork_locked = 0;
		conn_put(c);
	}
}

static void child_one(struct conn *c, void *unused)
{
	lock_reset(&c->hs_lock);
	for (int d = 0; d < DIRS; d++) {
		lock_reset(&c->lock[d]);
		c->slot_locked[d] = false;
		c->pinned[d] = false;
	}
	/* The handshake belongs to the parent: two copies of one SSL object made
	 * the same key stream. Freed unused. */
	handshake_free(c->hs);
	c->hs = NULL;
	if (c->early_len)
		c->swallow = 0; /* it is an early byte, and those are the parent's */
	c->early_len = 0;
	if (c->slot && !arena_bit(c->arena))
		c->keyed = false;
}

void conn_fork_lock(void)
{
	lock_acquire(&conn_pool_lock);
	conn_each(lock_all, NULL);
}

static void withhold(struct conn *c, void *unused)
{
	if (c->slot && !atomic_load(&c->opens))
		arena_fork_withhold(c->arena, c->slot);
}

void conn_fork_withhold(void)
{
	conn_each(withhold, NULL);
}

void conn_fork_unlock(void)
{
	conn_each(unlock_all, NULL);
	lock_release(&conn_pool_lock);
	conn_each(unhold, NULL);
}

void conn_fork_child(void)
{
	lock_reset(&conn_pool_lock);
	conn_each(child_one, NULL);
	conn_each(unhold, NULL);
}
