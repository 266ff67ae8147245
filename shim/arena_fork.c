/* SPDX-License-Identifier: Apache-2.0 */
#include "arena_internal.h"

#include <string.h>

static uint64_t forks; /* under arenas_lock */
/* The one under way in this thread. */
static __thread uint64_t own_fork __attribute__((tls_model("initial-exec")));

void arena_share(struct arena *a, unsigned q, bool with)
{
	uint64_t child = (uint64_t)1 << q;
	uint64_t own = arena_bit(a);

	for (unsigned i = 0; i < a->top; i++) {
		struct slot *s = &a->slots[i];

		if (!with) {
			atomic_fetch_and(&s->holders, ~child);
			atomic_fetch_and(&s->keyed, ~child);
			continue;
		}
		if (!(atomic_load(&s->holders) & own))
			continue;
		atomic_fetch_or(&s->holders, child);
		if (atomic_load(&s->keyed) & own)
			atomic_fetch_or(&s->keyed, child);
	}
}

void arena_fork_prepare(void)
{
	lock_acquire(&arenas_lock);
	own_fork = ++forks;
	for (struct arena *a = arenas; a; a = a->next) {
		a->child = 0;
		if (!a->open || !arena_announce(a))
			continue;
		a->child = arena_reserve(a);
		if (!a->child)
			continue;
		a->reserved_by[a->child] = own_fork;
		arena_share(a, a->child, true);
	}
}

void arena_fork_withhold(const struct arena *a, struct slot *s)
{
	uint64_t child = a->child ? (uint64_t)1 << a->child : 0;

	atomic_fetch_and(&s->holders, ~child);
	atomic_fetch_and(&s->keyed, ~child);
}

void arena_fork_parent(void)
{
	for (struct arena *a = arenas; a; a = a->next)
		a->mine = false;
	arena_sweep();
	lock_release(&arenas_lock);
}

static void unreserve(struct arena *a, unsigned q)
{
	uint32_t reserved = SHARER_RESERVED;

	/* Bits first: who finds it free may share it anew. */
	arena_share(a, q, false);
	atomic_compare_exchange_strong(&a->header->sharers[q], &reserved, SHARER_FREE);
	a->reserved_by[q] = 0;
}

/* Another thread may have forked since: only what this one reserved. */
void arena_fork_undo(void)
{
	if (!lock_acquire(&arenas_lock))
		return;
	for (struct arena *a = arenas; a; a = a->next)
		for (unsigned q = 1; q < SHARERS; q++)
			if (a->reserved_by[q] == own_fork)
				unreserve(a, q);
	lock_release(&arenas_lock);
}

void arena_fork_child(void)
{
	lock_reset(&arenas_lock);
	for (struct arena *a = arenas; a; a = a->next) {
		a->mine = false;
		a->announced = false;
		/* Without an index of its own the child's connections are dead
		 * (conn_fork_child). */
		a->self = a->child ? a->child : SHARERS;
		memset(a->reserved_by, 0, sizeof a->reserved_by);
		if (a->child && !arena_announce(a))
			a->self = SHARERS;
		a->child = 0;
	}
}
