/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls that change privileges, filters or namespaces of the calling thread alone:
 * the worker must not keep what the program gives up, and must not be the second
 * thread that makes the kernel refuse. libc's setuid and its kin reach every
 * thread by themselves.
 */
#include "privilege.h"

#include <linux/seccomp.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "linger_list.h"
#include "sandbox.h"
#include "shim.h"

enum change {
	MOVE,	/* elsewhere, with what rights there were */
	DROP,	/* for good, if it succeeds */
	FILTER, /* a drop after which a system call may be death */
};

static bool settle(enum change change)
{
	int saved = errno;

	shim_up();
	/* A vfork child changes itself, but its memory is the parent's. */
	if (atomic_load(&shim_state) != 2 || !shim_is_own_process())
		return false;
	linger_settle(change == FILTER);
	errno = saved;
	return true;
}

static void resume(bool settled, bool dropped)
{
	int saved = errno;

	if (settled)
		linger_resume(dropped);
	errno = saved;
}

static const struct sock_fprog *pointer(unsigned long address)
{
	return (const struct sock_fprog *)address;
}

static bool prctl_drops(int option, enum change *ret_change)
{
	*ret_change = option == PR_SET_SECCOMP ? FILTER : DROP;
	return option == PR_SET_SECCOMP || option == PR_SET_NO_NEW_PRIVS;
}

EXPORT int prctl(int option, ...)
{
	enum change change;
	unsigned long a[4];
	bool settled;
	va_list ap;
	int r;

	va_start(ap, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(ap, unsigned long);
	va_end(ap);
	shim_up();
	if (!prctl_drops(option, &change))
		return real.prctl(option, a[0], a[1], a[2], a[3]);
	settled = settle(change);
	if (settled && change == FILTER)
		sandbox_before();
	r = real.prctl(option, a[0], a[1], a[2], a[3]);
	if (settled && change == FILTER)
		sandbox_after(r == 0, a[0] == SECCOMP_MODE_FILTER ? pointer(a[1]) : NULL);
	resume(settled, r == 0);
	return r;
}

EXPORT int capset(void *header, const void *data)
{
	bool settled = settle(DROP);
	int r = real.capset(header, data);

	resume(settled, r == 0);
	return r;
}

EXPORT int unshare(int flags)
{
	bool settled = settle(MOVE);
	int r = real.unshare(flags);

	resume(settled, false);
	return r;
}

EXPORT int setns(int fd, int type)
{
	bool settled = settle(MOVE);
	int r = real.setns(fd, type);

	resume(settled, false);
	return r;
}

long privilege_by_number(long number, long a, long b, long c)
{
	bool filter = number == SYS_seccomp, settled;
	long r;

	if (filter && a != SECCOMP_SET_MODE_STRICT && a != SECCOMP_SET_MODE_FILTER)
		return real.syscall(number, a, b, c);
	settled = settle(filter ? FILTER : DROP);
	if (settled && filter)
		sandbox_before();
	r = real.syscall(number, a, b, c);
	if (settled && filter)
		sandbox_after(r == 0 || (r > 0 && b & SECCOMP_FILTER_FLAG_NEW_LISTENER),
			      a == SECCOMP_SET_MODE_FILTER ? pointer((unsigned long)c) : NULL);
	resume(settled, r == 0);
	return r;
}
