/* SPDX-License-Identifier: Apache-2.0 */
#include "fdtab.h"

#include <sys/mman.h>

fd_word fdtab_first[FDTAB_CHUNK];
fd_word *_Atomic fdtab_chunks[FDTAB_CHUNKS];
static _Atomic int highest;

static fd_word *word_at(int fd)
{
	fd_word *chunk, *none = NULL;
	void *mem;

	if ((unsigned)fd < FDTAB_CHUNK)
		return &fdtab_first[fd];
	if ((unsigned)fd >= FDTAB_CHUNK * FDTAB_CHUNKS)
		return NULL;
	chunk = atomic_load(&fdtab_chunks[fd / FDTAB_CHUNK]);
	if (chunk)
		return &chunk[fd % FDTAB_CHUNK];
	mem = mmap(NULL, FDTAB_CHUNK * sizeof(fd_word), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return NULL;
	if (!atomic_compare_exchange_strong(&fdtab_chunks[fd / FDTAB_CHUNK], &none, mem)) {
		munmap(mem, FDTAB_CHUNK * sizeof(fd_word));
		return &none[fd % FDTAB_CHUNK];
	}
	return &((fd_word *)mem)[fd % FDTAB_CHUNK];
}

static void note_highest(int fd)
{
	int seen = atomic_load(&highest);

	while (fd >= seen && !atomic_compare_exchange_weak(&highest, &seen, fd + 1))
		;
}

bool fdtab_set(int fd, uintptr_t word)
{
	fd_word *w;

	/* Unknown is what an absent chunk means anyway. */
	if (word == FD_UNKNOWN && fdtab_load(fd) == FD_UNKNOWN)
		return true;
	w = word_at(fd);
	if (!w)
		return word <= FD_TWIN;
	if (word > FD_UNMANAGED)
		note_highest(fd);
	atomic_store_explicit(w, word, memory_order_release);
	return true;
}

bool fdtab_swap(int fd, uintptr_t expect, uintptr_t word)
{
	fd_word *w = word_at(fd);

	if (!w)
		return false;
	if (word > FD_UNMANAGED)
		note_highest(fd);
	return atomic_compare_exchange_strong(w, &expect, word);
}

int fdtab_limit(void)
{
	return atomic_load(&highest);
}
