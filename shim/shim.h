/* SPDX-License-Identifier: Apache-2.0 */
/* What every wrapper starts with. */
#ifndef SVIDWRAP_SHIM_SHIM_H
#define SVIDWRAP_SHIM_SHIM_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "conn.h"
#include "fdtab.h"
#include "real.h"

/* 0 before the shim is up, 1 while it comes up, 2 from then on. */
extern _Atomic int shim_state;

/* Brings the shim up: log, policy, identity. Idempotent. Allocates, so it is only
 * called from the constructor and from calls that need a verdict: an allocator
 * that reads a file while it sets itself up would otherwise wait for itself. */
void shim_start(void);

/* The pid this memory belongs to: differs in a vfork child. */
extern pid_t shim_pid;
/* This very process, not a vfork child or a fork that no handler saw. */
bool shim_is_own_process(void);
/* Zero in the copy of a fork that no handler saw (_Fork, raw clone): inherited
 * connections are dead there. */
extern const _Atomic int *shim_fork_word;

/* libc's functions are known; nothing more is promised. ctx: signal. */
static inline void shim_up(void)
{
	if (__builtin_expect(atomic_load_explicit(&shim_state, memory_order_acquire) == 0, 0))
		real_init();
}

/* Not inlined: what it needs would cost the calls that do not need it. */
#define ASIDE __attribute__((noinline))

/* The fast path of every call on a descriptor. */
static inline bool unmanaged(int fd)
{
	return __builtin_expect(fdtab_load(fd) == FD_UNMANAGED, 1);
}

/*
 * Everything else: classifies a descriptor that nobody has looked at yet, and
 * returns a reference to the managed connection or listener, or NULL: go to libc.
 * conn_put it.
 */
struct conn *managed(int fd);

/* Turns a value or -errno into libc's convention; `saved` is errno as it was. */
static inline ssize_t answer(ssize_t r, int saved)
{
	errno = r < 0 ? (int)-r : saved;
	return r < 0 ? -1 : r;
}

#endif
