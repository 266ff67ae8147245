/* SPDX-License-Identifier: Apache-2.0 */
#include "arena_internal.h"

#include <errno.h>
#include <fcntl.h>

#include "kernel.h"

/* Byte-range locks: [0, SHARERS) say who lives, then two for each slot. */
#define LOCK_SLOTS 4096

static long range_lock(int fd, int cmd, short type, off_t at)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };
	long r = KERNEL(SYS_fcntl, fd, cmd, &fl);

	if (r == 0 && cmd == F_GETLK)
		return fl.l_type != F_UNLCK;
	return r;
}

/* False: others would take this process for dead. */
bool arena_announce(struct arena *a)
{
	if (!a->announced && range_lock(a->fd, F_SETLK, F_WRLCK, a->self) == 0) {
		atomic_store(&a->header->sharers[a->self], SHARER_ALIVE);
		a->announced = true;
	}
	return a->announced;
}

bool arena_announce_as(struct arena *a, unsigned self)
{
	if (range_lock(a->fd, F_SETLK, F_WRLCK, self) < 0)
		return false;
	atomic_store(&a->header->sharers[self], SHARER_ALIVE);
	return true;
}

void arena_renounce(struct arena *a, unsigned self)
{
	range_lock(a->fd, F_SETLK, F_UNLCK, self);
	atomic_store(&a->header->sharers[self], SHARER_FREE);
}

/* A process without an index (SHARERS) holds nothing: its bit is none. */
uint64_t arena_bit(const struct arena *a)
{
	return a->self < SHARERS ? (uint64_t)1 << a->self : 0;
}

uint32_t arena_self(const struct arena *a)
{
	return a->self + 1;
}

static bool sharer_alive(const struct arena *a, unsigned q)
{
	/* Reserved: forked, not scheduled yet. The lock is the kernel's word, and
	 * the header anybody's. */
	return atomic_load(&a->header->sharers[q]) == SHARER_RESERVED ||
	       range_lock(a->fd, F_GETLK, F_WRLCK, q) != 0;
}

/* Does any other live process have the keys? Clears the bits of the dead. One
 * system call for each other holder. */
static bool keyed_elsewhere(const struct arena *a, struct slot *s)
{
	uint64_t others = atomic_load(&s->keyed) & ~arena_bit(a);

	for (unsigned q = 0; q < SHARERS; q++) {
		uint64_t bit = (uint64_t)1 << q;

		if (!(others & bit))
			continue;
		if (sharer_alive(a, q))
			return true;
		atomic_fetch_and(&s->holders, ~bit);
		atomic_fetch_and(&s->keyed, ~bit);
	}
	return false;
}

bool slot_last_keyed(const struct arena *a, struct slot *s)
{
	atomic_fetch_and(&s->keyed, ~arena_bit(a)); /* before looking: both would stay silent */
	return !keyed_elsewhere(a, s);
}

static off_t lock_at(const struct arena *a, const struct slot *s, enum dir d)
{
	return LOCK_SLOTS + (off_t)slot_index(a, s) * DIRS + d;
}

int slot_lock(const struct arena *a, const struct slot *s, enum dir d)
{
	for (;;) {
		long r = range_lock(a->fd, F_SETLKW, F_WRLCK, lock_at(a, s, d));

		/* To the kernel the threads of a process are one: two processes
		 * with two connections look like a deadlock. */
		if (r == -EDEADLK)
			KERNEL(SYS_sched_yield);
		else if (r != -EINTR)
			return (int)r;
	}
}

bool slot_try_lock(const struct arena *a, const struct slot *s, enum dir d)
{
	return range_lock(a->fd, F_SETLK, F_WRLCK, lock_at(a, s, d)) == 0;
}

void slot_unlock(const struct arena *a, const struct slot *s, enum dir d)
{
	range_lock(a->fd, F_SETLK, F_UNLCK, lock_at(a, s, d));
}

/* With all places taken: free those of the dead, and their bits. */
static void reap(struct arena *a)
{
	for (unsigned q = 1; q < SHARERS; q++) {
		uint32_t alive = SHARER_ALIVE;

		if (q == a->self || sharer_alive(a, q))
			continue;
		for (unsigned i = 0; i < a->top; i++) {
			atomic_fetch_and(&a->slots[i].keyed, ~((uint64_t)1 << q));
			atomic_fetch_and(&a->slots[i].holders, ~((uint64_t)1 << q));
		}
		/* Not what another process made of it meanwhile. */
		atomic_compare_exchange_strong(&a->header->sharers[q], &alive, SHARER_FREE);
	}
}

unsigned arena_reserve(struct arena *a)
{
	for (int pass = 0; pass < 2; pass++) {
		for (unsigned q = 1; q < SHARERS; q++) {
			uint32_t free = SHARER_FREE;

			if (q != a->self && !range_lock(a->fd, F_GETLK, F_WRLCK, q) &&
			    atomic_compare_exchange_strong(&a->header->sharers[q], &free,
							   SHARER_RESERVED))
				return q;
		}
		reap(a);
	}
	return 0;
}
