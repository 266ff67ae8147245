/* SPDX-License-Identifier: Apache-2.0 */
#include "conn_internal.h"

#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "scratch.h"
#include "streams.h"

#define BLOCK_CONNS 64

struct block {
	struct block *next;
	struct conn conns[BLOCK_CONNS];
};

static struct block *blocks;
static struct conn *free_conns;
struct lock conn_pool_lock;

static bool pool_grow(void)
{
	struct block *b = k_memory(sizeof *b);

	if (!b)
		return false;
	k_madvise(b, sizeof *b, MADV_DONTDUMP); /* secrets */
	scratch_reserve();
	b->next = blocks;
	blocks = b;
	for (int i = 0; i < BLOCK_CONNS; i++) {
		b->conns[i].next_free = free_conns;
		free_conns = &b->conns[i];
	}
	return true;
}

/* What close, which a signal handler may call, does not free. */
static void free_leftovers(struct conn *c)
{
	for (int d = 0; d < DIRS; d++)
		record_dir_clear(&c->keys[d]);
	free(c->parties);
	c->parties = NULL;
}

struct conn *conn_pool_take(void)
{
	struct conn *c = NULL;

	if (!lock_acquire(&conn_pool_lock))
		return NULL;
	if (free_conns || pool_grow()) {
		c = free_conns;
		free_conns = c->next_free;
		free_leftovers(c);
		atomic_store(&c->opens, 0);
		atomic_store(&c->own_opens, 0);
		/* Added, not stored: a late conn_get may hold a reference for an
		 * instant. */
		atomic_fetch_add(&c->refs, CONN_LIVE + 1);
	}
	lock_release(&conn_pool_lock);
	return c;
}

static void pool_give(struct conn *c)
{
	struct record_dir keys[DIRS];
	struct parties *parties = c->parties;

	handshake_free(c->hs); /* closed in the middle of it */
	svid_snapshot_unref(c->own);
	if (c->plain)
		scratch_plain_put(c->plain, RECORD_CIPHER_MAX);
	if (c->early) {
		explicit_bzero(c->early, EARLY_MAX);
		free(c->early);
	}
	if (c->slot)
		slot_release(c->arena, c->slot);
	for (int d = 0; d < DIRS; d++)
		record_dir_wipe(&c->keys[d]);
	memcpy(keys, c->keys, sizeof keys);
	explicit_bzero((char *)c + offsetof(struct conn, slot),
		       sizeof *c - offsetof(struct conn, slot));
	memcpy(c->keys, keys, sizeof keys);
	c->parties = parties;
	if (!lock_acquire(&conn_pool_lock))
		return; /* a signal handler's last reference: leak, never wait */
	c->next_free = free_conns;
	free_conns = c;
	lock_release(&conn_pool_lock);
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
bool conn_hold(struct conn *c)
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

bool conn_install(struct conn *c, int fd, bool cloexec)
{
	bool locked, ok;

	if (c->slot && fd <= 2 && !streams_claim(fd))
		return false;
	if (!c->cookie)
		c->cookie = k_cookie(fd);
	atomic_fetch_add(&c->refs, 1);
	/* In one piece for fork, as its taking out is (closing.c). */
	locked = lock_acquire(&c->hs_lock);
	atomic_fetch_add(&c->opens, 1);
	ok = fdtab_set(fd, (uintptr_t)c | (cloexec ? FD_CLOEXEC_BIT : 0));
	if (!ok)
		atomic_fetch_sub(&c->opens, 1);
	if (locked)
		lock_release(&c->hs_lock);
	if (!ok)
		conn_put(c);
	return ok;
}

void conn_each(void (*each)(struct conn *c, void *ctx), void *ctx)
{
	for (struct block *b = blocks; b; b = b->next)
		for (int i = 0; i < BLOCK_CONNS; i++)
			if (atomic_load(&b->conns[i].refs) > CONN_LIVE)
				each(&b->conns[i], ctx);
}

struct search {
	uint64_t cookie;
	struct conn *found;
};

static void compare(struct conn *c, void *ctx)
{
	struct search *s = ctx;

	if (!s->found && c->cookie == s->cookie && atomic_load(&c->opens) && conn_hold(c))
		s->found = c;
}

struct conn *conn_find(uint64_t cookie)
{
	struct search s = { .cookie = cookie };

	if (cookie)
		conn_each(compare, &s);
	return s.found;
}
