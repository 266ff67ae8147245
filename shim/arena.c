/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel.h"
#include "lock.h"
#include "ownfd.h"

#define SLOTS 4096u
#define HEADER 4096u
#define BUFFERS (HEADER + SLOTS * sizeof(struct slot))
#define ARENA_SIZE (BUFFERS + (size_t)SLOTS * (IN_SIZE + OUT_SIZE))
/* Byte-range locks: [0, SHARERS) say who lives, then two for each slot. */
#define LOCK_SLOTS 4096

enum sharer_state { SHARER_FREE, SHARER_RESERVED, SHARER_ALIVE };

struct header {
	_Atomic uint32_t sharers[SHARERS];
};

/* Private to the process. */
struct arena {
	struct arena *next;
	struct header *header; /* the mapping's start */
	struct slot *slots;
	int fd;
	unsigned self;	  /* own sharer index */
	unsigned child;	  /* during fork: the child's, 0 if none */
	/* Which fork of this process reserved an index; 0: none that may yet fail. */
	uint64_t reserved_by[SHARERS];
	unsigned open;	  /* slots this process holds */
	unsigned hint;	  /* where to look for a free slot */
	unsigned top;	  /* no slot from here on was ever taken: untouched pages */
	bool mine;	  /* made here, and not shared by a fork yet */
	bool announced;	  /* own liveness lock is held */
};

static struct arena *arenas;
static uint64_t forks; /* under arenas_lock */
/* The one under way in this thread. */
static __thread uint64_t own_fork __attribute__((tls_model("initial-exec")));
static struct lock arenas_lock;

static long range_lock(int fd, int cmd, short type, off_t at)
{
	struct flock fl = { .l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1 };
	long r = KERNEL(SYS_fcntl, fd, cmd, &fl);

	if (r == 0 && cmd == F_GETLK)
		return fl.l_type != F_UNLCK;
	return r;
}

/* False: others would take this process for dead. */
static bool announce(struct arena *a)
{
	if (!a->announced && range_lock(a->fd, F_SETLK, F_WRLCK, a->self) == 0) {
		atomic_store(&a->header->sharers[a->self], SHARER_ALIVE);
		a->announced = true;
	}
	return a->announced;
}

static struct arena *arena_new(void)
{
	struct arena *a = calloc(1, sizeof *a);
	void *mem;
	int fd;

	if (!a)
		return NULL;
	fd = (int)KERNEL(SYS_memfd_create, "svidwrap", 1u /* MFD_CLOEXEC */);
	if (fd >= 0)
		fd = ownfd_adopt(fd);
	if (fd < 0)
		goto fail;
	if (KERNEL(SYS_ftruncate, fd, ARENA_SIZE) < 0)
		goto fail_fd;
	mem = mmap(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (mem == MAP_FAILED)
		goto fail_fd;
	madvise(mem, ARENA_SIZE, MADV_DONTDUMP);
	a->header = mem;
	a->slots = (struct slot *)((char *)mem + HEADER);
	a->fd = fd;
	a->mine = true;
	return a;

fail_fd:
	ownfd_close(fd);
fail:
	free(a);
	return NULL;
}

static void arena_drop(struct arena *a)
{
	munmap(a->header, ARENA_SIZE);
	ownfd_close(a->fd);
	free(a);
}

/* With arenas_lock held: forgets arenas that can serve nobody here any more. */
static void sweep(void)
{
	for (struct arena **at = &arenas; *at;) {
		struct arena *a = *at;

		if (a->open == 0 && !a->mine) {
			*at = a->next;
			arena_drop(a);
		} else {
			at = &a->next;
		}
	}
}

static struct slot *take_from(struct arena *a)
{
	for (unsigned i = 0; i < SLOTS; i++) {
		struct slot *s = &a->slots[(a->hint + i) % SLOTS];

		if (atomic_load(&s->holders))
			continue;
		a->hint = (unsigned)(s - a->slots + 1) % SLOTS;
		if (a->top < (unsigned)(s - a->slots) + 1)
			a->top = (unsigned)(s - a->slots) + 1;
		memset(s, 0, sizeof *s);
		atomic_store(&s->holders, arena_bit(a));
		a->open++;
		return s;
	}
	return NULL;
}

struct slot *arena_take(struct arena **ret_arena)
{
	struct slot *s = NULL;
	struct arena *a;

	if (!lock_acquire(&arenas_lock))
		return NULL;
	for (a = arenas; a && !s; a = s ? a : a->next)
		if (a->mine && a->open < SLOTS)
			s = take_from(a);
	for (a = arenas; s && a; a = a->next)
		if (s >= a->slots && s < a->slots + SLOTS)
			break;
	if (!s) {
		a = arena_new();
		if (a) {
			a->next = arenas;
			arenas = a;
			s = take_from(a);
		}
	}
	lock_release(&arenas_lock);
	*ret_arena = a;
	return s;
}

static size_t slot_index(const struct arena *a, const struct slot *s)
{
	return (size_t)(s - a->slots);
}

uint8_t *slot_in(const struct arena *a, const struct slot *s)
{
	return (uint8_t *)a->header + BUFFERS + slot_index(a, s) * (IN_SIZE + OUT_SIZE);
}

uint8_t *slot_out(const struct arena *a, const struct slot *s)
{
	return slot_in(a, s) + IN_SIZE;
}

void slot_out_empty(const struct arena *a, struct slot *s)
{
	atomic_fetch_and(&s->flags, ~(uint32_t)SLOT_OUT_USED);
	madvise(slot_out(a, s), OUT_SIZE, MADV_REMOVE);
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

bool slot_shared_alive(const struct arena *a, struct slot *s, bool keyed_only)
{
	uint64_t others = atomic_load(keyed_only ? &s->keyed : &s->holders) & ~arena_bit(a);

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
	return !slot_shared_alive(a, s, true);
}

void slot_release(struct arena *a, struct slot *s)
{
	uint64_t own = arena_bit(a);
	uint8_t *in = slot_in(a, s);

	if (!lock_acquire(&arenas_lock))
		return;
	atomic_fetch_and(&s->keyed, ~own);
	/* While our bit stands nobody else takes the slot. */
	if (!(atomic_load(&s->holders) & ~own) &&
	    atomic_load(&s->flags) & (SLOT_IN_USED | SLOT_OUT_USED))
		madvise(in, IN_SIZE + OUT_SIZE, MADV_REMOVE);
	atomic_fetch_and(&s->holders, ~own);
	a->open--;
	sweep();
	lock_release(&arenas_lock);
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

static unsigned reserve(struct arena *a)
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

static void share(struct arena *a, uint64_t child, bool with)
{
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
		if (!a->open || !announce(a))
			continue;
		a->child = reserve(a);
		if (!a->child)
			continue;
		a->reserved_by[a->child] = own_fork;
		share(a, (uint64_t)1 << a->child, true);
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
	sweep();
	lock_release(&arenas_lock);
}

static void unreserve(struct arena *a, unsigned q)
{
	uint32_t reserved = SHARER_RESERVED;

	/* Bits first: who finds it free may share it anew. */
	share(a, (uint64_t)1 << q, false);
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
		if (a->child && !announce(a))
			a->self = SHARERS;
		a->child = 0;
	}
}
