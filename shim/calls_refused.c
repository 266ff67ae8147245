/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that a managed socket does not carry (refusals.def): refused there, and
 * libc's everywhere else. */
#include <stdarg.h>
#include <stdio.h>
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

EXPORT FILE *fdopen(int fd, const char *mode)
{
	FILE *f = refused(fd, REFUSE_fdopen) ? NULL : real.fdopen(fd, mode);
	uintptr_t word = fdtab_load(fd);

	/* Not connected yet: connect must know. */
	if (f && (word == FD_FRESH || word == FD_TWIN))
		fdtab_swap(fd, word, FD_STREAMED);
	return f;
}
EXPORT_ALIAS(fdopen) FILE *_IO_fdopen(int fd, const char *mode);

EXPORT FILE *_IO_file_attach(FILE *f, int fd)
{
	return refused(fd, REFUSE_fdopen) ? NULL : real._IO_file_attach(f, fd);
}

EXPORT int vdprintf(int fd, const char *fmt, va_list ap)
{
	return refused(fd, REFUSE_dprintf) ? -1 : real.vdprintf(fd, fmt, ap);
}

EXPORT int dprintf(int fd, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = vdprintf(fd, fmt, ap);
	va_end(ap);
	return r;
}

EXPORT int __vdprintf_chk(int fd, int flag, const char *fmt, va_list ap)
{
	return refused(fd, REFUSE_dprintf) ? -1 : real.__vdprintf_chk(fd, flag, fmt, ap);
}

EXPORT int __dprintf_chk(int fd, int flag, const char *fmt, ...)
{
	va_list ap;
	int r;

	va_start(ap, fmt);
	r = __vdprintf_chk(fd, flag, fmt, ap);
	va_end(ap);
	return r;
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

EXPORT int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *acts, int fd, int to)
{
	int saved = errno, e;

	shim_up();
	e = refuse_if_managed(fd, REFUSE_spawn_dup);
	errno = saved;
	return e < 0 ? -e : real.posix_spawn_file_actions_adddup2(acts, fd, to);
}

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
