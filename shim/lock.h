/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A lock that knows its owner at every instant, so that a signal handler which
 * meets a lock of its own thread is told so instead of waiting for ever. (A
 * pthread error-checking mutex has a window between taking and owning.) Private
 * memory only: no lock of this kind lives in the arena. ctx: signal.
 */
#ifndef SVIDWRAP_SHIM_LOCK_H
#define SVIDWRAP_SHIM_LOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct lock {
	_Atomic uint32_t word; /* 0: free; owner's thread id, and LOCK_WAITERS */
};

/* Waits. False: this thread holds it already. */
bool lock_acquire(struct lock *l);
void lock_release(struct lock *l);
/* Does this thread hold any? In a signal handler: it interrupted us at work. */
bool lock_held(void);
/* In a forked child: whatever state it was in, it is free now. */
void lock_reset(struct lock *l);
/* In a forked child: thread ids have changed, and no lock is held. */
void lock_after_fork(void);

#endif
