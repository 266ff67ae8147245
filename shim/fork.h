/* SPDX-License-Identifier: Apache-2.0 */
/* fork: every lock is taken in one order, the slots are shared with the child-to-
 * be, and the child starts with no lock held and nothing of the parent's that must
 * not be there twice. */
#ifndef SVIDWRAP_SHIM_FORK_H
#define SVIDWRAP_SHIM_FORK_H

/* Registers the handlers, which also serve libc's own forks (daemon, forkpty). */
void fork_init(void);

/* clone or fork, with syscall(2)'s result: what copies the process is a fork, and anything
 * else (threads, a child on a stack of its own) the kernel's business alone. */
long fork_by_number(long number, long flags, long stack, long a2, long a3, long a4);

/* shim.c */
void shim_after_fork(void);

#endif
