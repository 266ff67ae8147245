/* SPDX-License-Identifier: Apache-2.0 */
#include "conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel.h"
#include "tls/post_handshake.h"
#include "tx.h"

#define BLOCK_CONNS 64
#define ERRNO_MAX 4095

struct block {
	struct block *next;
	struct conn conns[BLOCK_CONNS];
};

static struct block *blocks;
static struct conn *free_conns;
static struct lock pool_lock;

static bool pool_grow(void)
{
	struct block *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (b == MAP_FAILED)
		return false;
	madvise(b, sizeof *b, MADV_DONTDUMP); /* secrets */
	b->next = blocks;
	blocks = b;
	for (int i = 0; i < BLOCK_CONNS; i++) {
		b->conns[i].next_free = free_conns;
		free_conns = &b->conns[i];
	}
	return true;
}

static struct conn *pool_take(void)
{
	struct conn *c = NULL;

	if (!lock_acquire(&pool_lock))
		return NULL;
	if (free_conns || pool_grow()) {
		c = free_conns;
		free_conns = c->next_free;
		atomic_store(&c->opens, 0);
		/* Added, not stored: a late conn_get may hold a reference for an
		 * instant. */
		atomic_fetch_add(&c->refs, CONN_LIVE + 1);
	}
	lock_release(&pool_lock);
	return c;
}

static void pool_give(struct conn *c)
{
	handshake_free(c->hs);
	svid_snapshot_unref(c->own);
	for (int d = 0; d < DIRS; d++)
		record_dir_clear(&c->keys[d]);
	if (c->plain) {
		explicit_bzero(c->plain, RECORD_CIPHER_MAX);
		free(c->plain);
	}
	if (c->early) {
		explicit_bzero(c->early, EARLY_MAX);
		free(c->early);
	}
	if (c->slot)
		slot_release(c->arena, c->slot);
	explicit_bzero((char *)c + offsetof(struct conn, slot),
		       sizeof *c - offsetof(struct conn, slot));
	if (!lock_acquire(&pool_lock))
		return; /* a signal handler's last reference: leak, never wait */
	c->next_free = free_conns;
	free_conns = c;
	lock_release(&pool_lock);
}

/* The count and CONN_LIVE are one word: two that both saw the last reference go,
 * with a new life of the object between them, must not both give it back. */
void conn_put(struct conn *c)
{
	uint32_t unused = CONN_LIVE;

	if (c && atomic_fetch_sub(&c->refs, 1) == CONN_LIVE + 1 &&
	    atomic_compare_exchange_strong(&c->refs, &unused, 0))
		pool_give(c);
}

/* A reference to what may be nobody's by now. */
static bool hold(struct conn *c)
{
	uint32_t seen = atomic_load(&c->refs);

	while (seen > CONN_LIVE)
		if (atomic_compare_exchange_weak(&c->refs, &seen, seen + 1))
			return true;
	return false;
}

struct conn *conn_get(int fd)
{
	for (;;) {
		uintptr_t word = fdtab_load(fd);
		struct conn *c = fdtab_conn(word);

		if (!c)
			return NULL;
		atomic_fetch_add(&c->refs, 1);
		if (fdtab_conn(fdtab_load(fd)) == c)
			return c;
		conn_put(c);
	}
}

struct conn *conn_new_listener(void)
{
	return pool_take();
}

static void copy_address(union address *to, const struct sockaddr *from)
{
	if (from)
		memcpy(to, from, from->sa_family == AF_INET6 ? sizeof to->in6 : sizeof to->in);
}

struct conn *conn_new(enum conn_state state, bool server, const struct rule *rule,
		      const struct sockaddr *local, const struct sockaddr *remote, bool nonblock)
{
	struct conn *c = pool_take();

	if (!c)
		return NULL;
	c->slot = arena_take(&c->arena);
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

bool conn_install(struct conn *c, int fd, bool cloexec)
{
	atomic_fetch_add(&c->refs, 1);
	atomic_fetch_add(&c->opens, 1);
	if (fdtab_set(fd, (uintptr_t)c | (cloexec ? FD_CLOEXEC_BIT : 0)))
		return true;
	atomic_fetch_sub(&c->opens, 1);
	conn_put(c);
	return false;
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
	c->slot_locked[d] = slot_is_shared(c->slot, arena_bit(c->arena));
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

void conn_each(void (*each)(struct conn *c, void *ctx), void *ctx)
{
	for (struct block *b = blocks; b; b = b->next)
		for (int i = 0; i < BLOCK_CONNS; i++)
			if (atomic_load(&b->conns[i].refs) > CONN_LIVE && b->conns[i].slot)
				each(&b->conns[i], ctx);
}

static void lock_all(struct conn *c, void *unused)
{
	/* A lock of this very thread means fork in a signal handler: it stays
	 * with the code that was interrupted, and the child finds that direction
	 * busy and fails it. */
	if (!hold(c))
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
	}
	/* The handshake belongs to the parent: two copies of one SSL object made
	 * the same key stream. Freed unused. */
	handshake_free(c->hs);
	c->hs = NULL;
	if (c->early_len)
		c->swallow = 0; /* it is an early byte, and those are the parent's */
	c->early_len = 0;
	if (!arena_bit(c->arena))
		c->keyed = false;
}

void conn_fork_lock(void)
{
	lock_acquire(&pool_lock);
	conn_each(lock_all, NULL);
}

static void withhold(struct conn *c, void *unused)
{
	if (!atomic_load(&c->opens))
		arena_fork_withhold(c->arena, c->slot);
}

void conn_fork_withhold(void)
{
	conn_each(withhold, NULL);
}

void conn_fork_unlock(void)
{
	conn_each(unlock_all, NULL);
	lock_release(&pool_lock);
	conn_each(unhold, NULL);
}

void conn_fork_child(void)
{
	lock_reset(&pool_lock);
	conn_each(child_one, NULL);
	conn_each(unhold, NULL);
}
