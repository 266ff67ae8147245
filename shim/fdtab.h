/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the shim knows of each descriptor number: one word.
 *   FD_UNKNOWN    nothing yet; the first touch classifies
 *   FD_UNMANAGED  not ours: straight to libc
 *   FD_FRESH      a TCP socket that nobody has connected through this number
 *   FD_TWIN       the same, and other numbers may stand for the same socket
 *   otherwise     a managed connection or listener, bit 0 being the program's
 *                 own close-on-exec flag (in the kernel it is always set, so that
 *                 no image without the shim inherits a managed socket)
 * Two levels of atomic words; a chunk, once made, stays. ctx: signal, except
 * fdtab_set of a number above 1023 for the first time (maps a chunk).
 */
#ifndef SVIDWRAP_SHIM_FDTAB_H
#define SVIDWRAP_SHIM_FDTAB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;

#define FD_UNKNOWN ((uintptr_t)0)
#define FD_UNMANAGED ((uintptr_t)2)
#define FD_FRESH ((uintptr_t)4)
#define FD_TWIN ((uintptr_t)6) /* the last that is no connection */
#define FD_CLOEXEC_BIT ((uintptr_t)1)

#define FDTAB_CHUNK 1024
#define FDTAB_CHUNKS 1024 /* descriptors up to 1,048,575: fs.nr_open's default */

typedef _Atomic uintptr_t fd_word;

extern fd_word fdtab_first[FDTAB_CHUNK];
extern fd_word *_Atomic fdtab_chunks[FDTAB_CHUNKS];

static inline uintptr_t fdtab_load(int fd)
{
	fd_word *chunk;

	if ((unsigned)fd < FDTAB_CHUNK)
		return atomic_load_explicit(&fdtab_first[fd], memory_order_acquire);
	if ((unsigned)fd >= FDTAB_CHUNK * FDTAB_CHUNKS)
		return FD_UNMANAGED;
	chunk = atomic_load_explicit(&fdtab_chunks[fd / FDTAB_CHUNK], memory_order_acquire);
	return chunk ? atomic_load_explicit(&chunk[fd % FDTAB_CHUNK], memory_order_acquire)
		     : FD_UNKNOWN;
}

static inline struct conn *fdtab_conn(uintptr_t word)
{
	return word <= FD_TWIN ? NULL : (struct conn *)(word & ~FD_CLOEXEC_BIT);
}

/* False: no memory for the chunk, or the number is out of range; the caller
 * must then refuse the descriptor if it was to be managed. */
bool fdtab_set(int fd, uintptr_t word);
/* Sets to `word` if it still is `expect`. */
bool fdtab_swap(int fd, uintptr_t expect, uintptr_t word);

/* One past the highest number that may hold more than UNKNOWN or UNMANAGED. */
int fdtab_limit(void);

#endif
