/* SPDX-License-Identifier: Apache-2.0 */
#include "fork.h"

#include <pthread.h>

#include "arena.h"
#include "conn.h"
#include "ident.h"
#include "judge.h"
#include "kernel.h"
#include "linger.h"
#include "linger_list.h"
#include "lock.h"
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

void fork_init(void)
{
	pthread_atfork(prepare, parent, child);
}

EXPORT pid_t fork(void)
{
	pid_t pid;

	shim_up();
	/* In a handler that interrupted us at work: the child would go on with the
	 * same record under the same number. */
	if (lock_held()) {
		errno = EAGAIN;
		return -1;
	}
	pid = real.fork();
	if (pid < 0)
		arena_fork_undo();
	return pid;
}
EXPORT_ALIAS(fork) pid_t __fork(void);

EXPORT void _exit(int status)
{
	/* A vfork child's end is not ours, and a shim that never came up has
	 * nothing to end. */
	if (atomic_load(&shim_state) == 2 && fdtab_limit() > 0 && shim_is_own_process())
		linger_exit();
	shim_up();
	real._exit(status);
	__builtin_unreachable();
}
EXPORT_ALIAS(_exit) void _Exit(int status);
