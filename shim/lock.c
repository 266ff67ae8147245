/* SPDX-License-Identifier: Apache-2.0 */
#include "lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"

#define LOCK_WAITERS 0x80000000u

static __thread uint32_t own_tid __attribute__((tls_model("initial-exec")));
/* Raised before a lock is taken and lowered after: a signal handler never sees less
 * than there are. */
static __thread uint32_t held __attribute__((tls_model("initial-exec")));

static void futex(struct lock *l, int operation, uint32_t value)
{
	k_syscall(SYS_futex, (long)&l->word, operation, value, 0, 0, 0);
}

static uint32_t tid(void)
{
	if (!own_tid)
		own_tid = (uint32_t)k_syscall(SYS_gettid, 0, 0, 0, 0, 0, 0);
	return own_tid;
}

void lock_after_fork(void)
{
	own_tid = 0;
	held = 0;
}

bool lock_held(void)
{
	return held != 0;
}

static void count(int by)
{
	held += (uint32_t)by;
	atomic_signal_fence(memory_order_seq_cst);
}

static bool lock_try(struct lock *l)
{
	uint32_t free = 0;

	count(1);
	if (atomic_compare_exchange_strong_explicit(&l->word, &free, tid(), memory_order_acquire,
						    memory_order_relaxed))
		return true;
	count(-1);
	return false;
}

bool lock_acquire(struct lock *l)
{
	if (lock_try(l))
		return true;
	for (;;) {
		uint32_t seen = atomic_load_explicit(&l->word, memory_order_relaxed);
		uint32_t contended = tid() | LOCK_WAITERS;

		if ((seen & ~LOCK_WAITERS) == tid())
			return false;
		if (seen == 0) {
			count(1);
			/* Others may sleep: keep the mark. */
			if (atomic_compare_exchange_weak_explicit(&l->word, &seen, contended,
								  memory_order_acquire,
								  memory_order_relaxed))
				break;
			count(-1);
			continue;
		}
		if (!(seen & LOCK_WAITERS) &&
		    !atomic_compare_exchange_weak_explicit(&l->word, &seen, seen | LOCK_WAITERS,
							   memory_order_relaxed,
							   memory_order_relaxed))
			continue;
		futex(l, FUTEX_WAIT_PRIVATE, seen | LOCK_WAITERS);
	}
	return true;
}

void lock_release(struct lock *l)
{
	uint32_t was = atomic_exchange_explicit(&l->word, 0, memory_order_release);

	if (was & LOCK_WAITERS)
		futex(l, FUTEX_WAKE_PRIVATE, 1);
	atomic_signal_fence(memory_order_seq_cst);
	count(-1);
}

void lock_reset(struct lock *l)
{
	atomic_store(&l->word, 0);
}
