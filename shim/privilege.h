/* SPDX-License-Identifier: Apache-2.0 */
/* System calls by number that drop privileges of the calling thread. */
#ifndef SVIDWRAP_SHIM_PRIVILEGE_H
#define SVIDWRAP_SHIM_PRIVILEGE_H

/* seccomp, landlock_restrict_self and the set*id family, with syscall(2)'s results;
 * the worker thread has ended before. */
long privilege_by_number(long number, long a, long b, long c);

#endif
