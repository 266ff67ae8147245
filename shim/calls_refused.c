/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that a managed socket does not carry (refusals.def): refused there, and
 * libc's everywhere else. */
#include <sys/syscall.h>
#include <unistd.h>

#include "closing.h"
#include "kernel.h"
#include "refuse.h"
#include "shim.h"

/* -1 with errno if fd is managed, else 0. */
static int refused(int fd, enum refusal r)
{
	int e;

	shim_up();
	e = refuse_if_managed(fd, r);
	if (e < 0)
		errno = -e;
	return e < 0 ? -1 : 0;
}

EXPORT void backtrace_symbols_fd(void *const *trace, int n, int fd)
{
	int saved = errno;

	if (!refused(fd, REFUSE_backtrace))
		real.backtrace_symbols_fd(trace, n, fd);
	else
		errno = saved;
}
EXPORT_ALIAS(backtrace_symbols_fd)
void __backtrace_symbols_fd(void *const *trace, int n, int fd);

EXPORT int pidfd_getfd(int pidfd, int fd, unsigned flags)
{
	int r, saved;

	shim_up();
	r = real.pidfd_getfd(pidfd, fd, flags);
	if (r < 0)
		return r;
	fdtab_set(r, FD_UNKNOWN);
	if (!refused(r, REFUSE_pidfd_getfd))
		return r;
	saved = errno;
	closing_forget(r); /* it may have been one more number of what is managed here */
	k_close(r);
	errno = saved;
	return -1;
}
