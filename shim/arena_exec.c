/* SPDX-License-Identifier: Apache-2.0 */
/* How the next image becomes a sharer. */
#include "arena_internal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "kernel.h"
#include "ownfd.h"

bool arena_give(struct arena *a, enum arena_heir heir, unsigned *ret_self)
{
	unsigned self = a->self;

	if (!arena_bit(a) || !lock_acquire(&arenas_lock))
		return false;
	if (heir != HEIR_SELF) {
		a->mine = false; /* the heir shall not see what is opened later */
		self = arena_announce(a) ? arena_reserve(a) : 0;
		if (self && heir == HEIR_CHILD && !arena_announce_as(a, self)) {
			arena_renounce(a, self);
			self = 0;
		}
	} else if (!arena_announce(a)) {
		self = SHARERS;
	}
	lock_release(&arenas_lock);
	*ret_self = self;
	return heir == HEIR_SELF ? self < SHARERS : self != 0;
}

void arena_give_slot(const struct arena *a, struct slot *s, unsigned self)
{
	uint64_t bit = (uint64_t)1 << self;

	atomic_fetch_or(&s->holders, bit);
	atomic_fetch_or(&s->keyed, bit);
}

void arena_take_back(struct arena *a, unsigned self)
{
	if (self == a->self || !lock_acquire(&arenas_lock))
		return;
	/* Bits first: who finds it free may share it anew. */
	arena_share(a, self, false);
	arena_renounce(a, self);
	lock_release(&arenas_lock);
}

int arena_fd(const struct arena *a)
{
	return a->fd;
}

unsigned arena_top(const struct arena *a)
{
	return a->top;
}

struct arena *arena_adopt(int fd, unsigned self, unsigned top)
{
	struct arena *a;
	struct stat st;

	if (self >= SHARERS || top > SLOTS || KERNEL(SYS_fstat, fd, &st) < 0 ||
	    !S_ISREG(st.st_mode) || st.st_size != ARENA_SIZE)
		return NULL;
	a = calloc(1, sizeof *a);
	if (!a || !arena_map(a, fd)) {
		free(a);
		return NULL;
	}
	/* The number stays: to close any descriptor of the file would drop its locks. */
	if (!ownfd_guard(fd)) {
		arena_unmap(a);
		free(a);
		return NULL;
	}
	k_fcntl(fd, F_SETFD, FD_CLOEXEC);
	a->self = self;
	a->top = top;
	if (!arena_announce(a))
		a->self = SHARERS; /* its connections are dead */
	a->next = arenas;
	arenas = a;
	return a;
}

struct slot *arena_adopt_slot(struct arena *a, unsigned index)
{
	if (index >= a->top || !arena_bit(a) || !arena_map_buffers(a, index))
		return NULL;
	a->open++;
	arena_give_slot(a, &a->slots[index], a->self);
	return &a->slots[index];
}

void arena_adopted(struct arena *a, const uint64_t slots[SLOTS / 64])
{
	uint64_t own = arena_bit(a);

	for (unsigned i = 0; i < a->top; i++) {
		if (slots[i / 64] & (uint64_t)1 << i % 64)
			continue;
		atomic_fetch_and(&a->slots[i].keyed, ~own);
		atomic_fetch_and(&a->slots[i].holders, ~own);
	}
	arena_sweep();
}
