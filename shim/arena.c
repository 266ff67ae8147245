/* SPDX-License-Identifier: Apache-2.0 */
#include "arena_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kernel.h"
#include "ownfd.h"

struct arena *arenas;
struct lock arenas_lock;

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
	k_madvise(mem, ARENA_SIZE, MADV_DONTDUMP);
	a->header = mem;
	a->slots = arena_slots(mem);
	a->fd = fd;
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
	munmap(a->header, ARENA_SIZE);
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
	a->open--;
	arena_sweep();
	lock_release(&arenas_lock);
}

unsigned arena_slot_number(const struct arena *a, const struct slot *s)
{
	return (unsigned)slot_index(a, s);
}
