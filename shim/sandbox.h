/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that puts a seccomp filter over itself (sshd's unprivileged child) lists
 * its own system calls, and ours would end it. So each is asked for here first:
 * what the filter denies is not made (-EPERM), and where reading and writing are all
 * that is left, records are read and written by those. Locks between processes
 * cannot be had in there: a connection that is shared then is this process's alone
 * until its end. Filters that were there before the program began are not known.
 */
#ifndef SVIDWRAP_SHIM_SANDBOX_H
#define SVIDWRAP_SHIM_SANDBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct sock_fprog;

extern _Atomic bool sandbox_on;

bool sandbox_lists(long number);

/* Would this system call be our end? ctx: signal. */
static inline bool sandbox_denies(long number)
{
	return __builtin_expect(atomic_load_explicit(&sandbox_on, memory_order_relaxed), 0) &&
	       sandbox_lists(number);
}

/* recv and send without waiting, where those are denied. Results are values or -errno;
 * a socket that blocks may block. */
ssize_t sandbox_recv(int fd, void *buf, size_t n, int flags);
ssize_t sandbox_send(int fd, const void *buf, size_t n);

/* Around the installation of a filter; NULL: strict mode. */
void sandbox_before(void);
void sandbox_after(bool installed, const struct sock_fprog *filter);

#endif
