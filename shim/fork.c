/* SPDX-License-Identifier: Apache-2.0 */
#include "fork.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>

#include "arena.h"
#include "conn.h"
#include "ident.h"
#include "judge.h"
#include "kernel.h"
#include "linger.h"
#include "linger_list.h"
#include "lock.h"
#include "real.h"
#include "shim.h"
#include "spawn.h"
#include "streams.h"

/* Outermost first: the order in which calls nest them. */
static void prepare(void)
{
	streams_fork_lock();
	linger_fork_lock();
	conn_fork_lock();
	ident_fork_lock();
	judge_fork_lock();
	arena_fork_prepare();
	conn_fork_withhold();
}

static void parent(void)
{
	arena_fork_parent();
	judge_fork_unlock();
	ident_fork_unlock();
	conn_fork_unlock();
	linger_fork_unlock();
	streams_fork_unlock();
}

static void child(void)
{
	lock_after_fork();
	shim_after_fork();
	arena_fork_child();
	judge_fork_child();
	ident_fork_child();
	conn_fork_child();
	linger_fork_child();
	streams_fork_child();
	spawn_fork_child();
}

long fork_by_number(long number, long flags, long stack, long a2, long a3, long a4)
{
	long r;

	if (flags & (CLONE_VM | CLONE_FILES) || stack)
		return real.syscall(number, flags, stack, a2, a3, a4);
	if (lock_held()) {
		errno = EAGAIN;
		return -1;
	}
	prepare();
	r = real.syscall(number, flags, stack, a2, a3, a4);
	if (r == 0) {
		child();
		return 0;
	}
	parent();
	if (r < 0)
		arena_fork_undo();
	return r;
}

void fork_init(void)
{
	pthread_atfork(prepare, parent, child);
}
