/* SPDX-License-Identifier: Apache-2.0 */
/* A process's children and its end. */
#include <errno.h>
#include <signal.h>
#include <sys/types.h>

#include "arena.h"
#include "fdtab.h"
#include "linger.h"
#include "lock.h"
#include "shim.h"

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

/* A vfork child's end is not ours, and a shim that never came up has nothing to end. */
static void say_goodbye(void)
{
	if (atomic_load(&shim_state) == 2 && fdtab_limit() > 0 && shim_is_own_process())
		linger_exit();
}

EXPORT void _exit(int status)
{
	say_goodbye();
	shim_up();
	real._exit(status);
	__builtin_unreachable();
}
EXPORT_ALIAS(_exit) void _Exit(int status);

/* A handler may jump out of it: then the program has not ended. */
EXPORT void abort(void)
{
	struct sigaction sa;

	if (sigaction(SIGABRT, NULL, &sa) == 0 &&
	    (sa.sa_handler == SIG_DFL || sa.sa_handler == SIG_IGN))
		say_goodbye();
	shim_up();
	real.abort();
	__builtin_unreachable();
}
