/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "kernel.h"

#define STACK_SIZE (256 * 1024)
#define END_MS 1000 /* from returning to being gone; later its id may be another's */

static void (*job)(void);
static _Atomic int forbids;
static _Atomic bool for_good;
static _Atomic int32_t last_tid;     /* 0: none yet */
static _Atomic int64_t last_ended_ms; /* 0: it has not returned */

static bool last_exists(void)
{
	int32_t tid = atomic_load(&last_tid);
	int64_t ended = atomic_load(&last_ended_ms);

	if (!tid || (ended && k_mono_ms() > ended + END_MS))
		return false;
	return KERNEL(SYS_tgkill, k_getpid(), tid, 0) == 0;
}

void worker_await_end(int64_t until_ms)
{
	uint64_t pending;

	while (last_exists() && k_mono_ms() < until_ms)
		k_poll(NULL, 0, 1);
	/* The id goes first, the count of threads next, under the lock that this takes. */
	KERNEL(SYS_rt_sigpending, &pending, sizeof pending);
}

static void *body(void *unused)
{
	/* Who waits for this one has then waited for all. */
	worker_await_end(k_mono_ms() + END_MS);
	atomic_store(&last_ended_ms, 0);
	atomic_store(&last_tid, (int32_t)KERNEL(SYS_gettid));
	job();
	atomic_store(&last_ended_ms, k_mono_ms());
	return NULL;
}

bool worker_start(void (*work)(void))
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;
	bool started;

	if (worker_forbidden())
		return false;
	job = work;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	started = pthread_create(&thread, &attr, body, NULL) == 0;
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

void worker_forbid(void)
{
	atomic_fetch_add(&forbids, 1);
}

void worker_permit(void)
{
	atomic_fetch_sub(&forbids, 1);
}

void worker_forbid_for_good(void)
{
	atomic_store(&for_good, true);
}

bool worker_forbidden(void)
{
	return atomic_load(&for_good) || atomic_load(&forbids) > 0;
}

void worker_fork_child(void)
{
	atomic_store(&forbids, 0);
	atomic_store(&last_tid, 0);
}
