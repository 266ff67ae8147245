/* SPDX-License-Identifier: Apache-2.0 */
#include "arena_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "file_limit.h"
#include "kernel.h"
#include "ownfd.h"

struct arena *arenas;
struct lock arenas_lock;

static void *map(int fd, size_t offset, size_t n)
{
	void *mem = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd,
			 (off_t)offset);

	if (mem == MAP_FAILED)
		return NULL;
	k_madvise(mem, n, MADV_DONTDUMP);
	return mem;
}

bool arena_map(struct arena *a, int fd)
{
	a->header = map(fd, 0, BUFFERS);
	if (!a->header)
		return false;
	a->slots = arena_slots(a->header);
	a->fd = fd;
	return true;
}

bool arena_map_buffers(struct arena *a, unsigned i)
{
	uint8_t **chunk = &a->buffers[i / CHUNK_SLOTS];

	return *chunk || (*chunk = map(a->fd, BUFFERS + i / CHUNK_SLOTS * CHUNK_SIZE, CHUNK_SIZE));
}

void arena_unmap(struct arena *a)
{
	munmap(a->header, BUFFERS);
	for (unsigned i = 0; i < CHUNKS; i++)
		if (a->buffers[i])
			munmap(a->buffers[i], CHUNK_SIZE);
}

static struct arena *arena_new(void)
{
	struct arena *a = calloc(1, sizeof *a);
	int fd;

	if (!a)
		return NULL;
	fd = (int)KERNEL(SYS_memfd_create, "svidwrap", 1u /* MFD_CLOEXEC */);
	if (fd >= 0)
		fd = ownfd_adopt(fd);
	if (fd < 0)
		goto fail;
	if (!file_may_reach(ARENA_SIZE) || KERNEL(SYS_ftruncate, fd, ARENA_SIZE) < 0)
		goto fail_fd;
	if (!arena_map(a, fd))
		goto fail_fd;
	a->mine = true;
	arena_announce(a); /* not later: a vfork child cannot do it for its parent */
	return a;

fail_fd:
	ownfd_close(fd);
fail:
	free(a);
	return NULL;
}

static void arena_drop(struct arena *a)
{
	arena_unmap(a);
	ownfd_close(a->fd);
	free(a);
}

/* With arenas_lock held: forgets arenas that can serve nobody here any more. */
void arena_sweep(void)
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
		unsigned n = (a->hint + i) % SLOTS;
		struct slot *s = &a->slots[n];

		if (atomic_load(&s->holders))
			continue;
		if (!arena_map_buffers(a, n))
			return NULL;
		a->hint = n + 1;
		if (a->top < n + 1)
			a->top = n + 1;
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
		s = a ? take_from(a) : NULL;
		if (s) {
			a->next = arenas;
			arenas = a;
		} else if (a) {
			arena_drop(a);
		}
	}
	lock_release(&arenas_lock);
	*ret_arena = a;
	return s;
}

uint8_t *slot_in(const struct arena *a, const struct slot *s)
{
	size_t i = slot_index(a, s);

	return a->buffers[i / CHUNK_SLOTS] + i % CHUNK_SLOTS * (IN_SIZE + OUT_SIZE);
}

uint8_t *slot_out(const struct arena *a, const struct slot *s)
{
	return slot_in(a, s) + IN_SIZE;
}

void slot_out_empty(const struct arena *a, struct slot *s)
{
	atomic_fetch_and(&s->flags, ~(uint32_t)SLOT_OUT_USED);
	k_madvise(slot_out(a, s), OUT_SIZE, MADV_REMOVE);
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
		k_madvise(in, IN_SIZE + OUT_SIZE, MADV_REMOVE);
	atomic_fetch_and(&s->holders, ~own);
	if (a->hint > slot_index(a, s)) /* low ones first: few buffers are mapped */
		a->hint = (unsigned)slot_index(a, s);
	a->open--;
	arena_sweep();
	lock_release(&arenas_lock);
}

unsigned arena_slot_number(const struct arena *a, const struct slot *s)
{
	return (unsigned)slot_index(a, s);
}
