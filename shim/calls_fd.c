/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors: close, dup and their kin, fcntl, ioctl. */
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include "arguments.h"
#include "closing.h"
#include "duplicate.h"
#include "kernel.h"
#include "ownfd.h"
#include "shim.h"
#include "stream.h"
#include "streams.h"

EXPORT int close(int fd)
{
	int saved = errno, r;

	shim_up();
	/* A close-all loop does not know of ours: to it they are not open. */
	if (ownfd_is(fd) && shim_is_own_process()) {
		errno = EBADF;
		return -1;
	}
	streams_closing(fd);
	closing_forget(fd);
	errno = saved;
	r = real.close(fd);
	return r;
}
EXPORT_ALIAS(close) int __close(int fd);

/* Closes [first, last] in the kernel, stepping around our own. */
static int close_between(unsigned first, unsigned last, int flags)
{
	for (;;) {
		int own = first <= INT32_MAX ? ownfd_next((int)first) : -1;

		if (own < 0 || (unsigned)own > last)
			return first <= last ? real.close_range(first, last, flags) : 0;
		if ((unsigned)own > first && real.close_range(first, (unsigned)own - 1, flags) < 0)
			return -1;
		if ((unsigned)own == last)
			return 0;
		first = (unsigned)own + 1;
	}
}

EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	unsigned limit = (unsigned)fdtab_limit();

	shim_up();
	/* What the kernel refuses must not end connections first. */
	if (first > last || flags & ~(CLOSE_RANGE_CLOEXEC | CLOSE_RANGE_UNSHARE))
		return real.close_range(first, last, flags);
	for (unsigned fd = first; fd <= last && fd <= 1 && !(flags & CLOSE_RANGE_CLOEXEC); fd++)
		streams_closing((int)fd);
	for (unsigned fd = first; fd <= last && fd < limit; fd++) {
		if (flags & CLOSE_RANGE_CLOEXEC)
			duplicate_set_cloexec((int)fd, true);
		else
			closing_forget((int)fd);
	}
	return close_between(first, last, flags);
}

EXPORT void closefrom(int low)
{
	close_range(low < 0 ? 0u : (unsigned)low, UINT32_MAX, 0);
}

EXPORT int dup(int fd)
{
	int saved = errno;

	shim_up();
	return (int)answer(duplicate(fd, 0, false), saved);
}

EXPORT int dup2(int fd, int to)
{
	int saved = errno;

	shim_up();
	if (fd == to)
		return real.dup2(fd, to);
	return (int)answer(duplicate_onto(fd, to, 0), saved);
}
EXPORT_ALIAS(dup2) int __dup2(int fd, int to);

EXPORT int dup3(int fd, int to, int flags)
{
	int saved = errno;

	shim_up();
	if (fd == to || flags & ~O_CLOEXEC)
		return real.dup3(fd, to, flags);
	return (int)answer(duplicate_onto(fd, to, flags), saved);
}

/* F_SETFL and FIONBIO: the slot mirrors O_NONBLOCK, so that no call has to ask. */
static void note_nonblock(int fd, bool on)
{
	struct conn *c = unmanaged(fd) ? NULL : conn_get(fd);

	if (c && c->slot) {
		if (on)
			conn_set_flag(c, SLOT_NONBLOCK);
		else
			conn_clear_flag(c, SLOT_NONBLOCK);
	}
	conn_put(c);
}

EXPORT int fcntl(int fd, int cmd, ...)
{
	int saved = errno, r;
	va_list ap;
	long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	shim_up();
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		return (int)answer(duplicate(fd, (int)arg, cmd == F_DUPFD_CLOEXEC), saved);
	case F_GETFD:
		if (fdtab_conn(fdtab_load(fd)))
			return duplicate_is_cloexec(fd) ? FD_CLOEXEC : 0;
		break;
	case F_SETFD:
		if (duplicate_set_cloexec(fd, arg & FD_CLOEXEC))
			return 0;
		break;
	case F_SETFL:
		r = real.fcntl(fd, cmd, arg);
		if (r == 0)
			note_nonblock(fd, arg & O_NONBLOCK);
		return r;
	}
	return real.fcntl(fd, cmd, arg);
}
EXPORT_ALIAS(fcntl) int __fcntl(int fd, int cmd, ...);
EXPORT_ALIAS(fcntl) int fcntl64(int fd, int cmd, ...);

static int available(int fd, int *ret)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	ssize_t n;

	if (!c || !c->slot) {
		conn_put(c);
		return 0;
	}
	n = is_nowhere(ret) ? -EFAULT : stream_available(c, fd);
	conn_put(c);
	if (n < 0)
		return (int)n;
	*ret = (int)n;
	return 1;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	int saved = errno, r;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	shim_up();
	switch (request) {
	case FIONREAD: /* SIOCINQ is the same number */
		r = unmanaged(fd) ? 0 : available(fd, arg);
		if (r)
			return (int)answer(r < 0 ? r : 0, saved);
		break;
	case FIONBIO:
		r = real.ioctl(fd, request, arg);
		if (r == 0)
			note_nonblock(fd, *(const int *)arg);
		return r;
	case FIOCLEX:
	case FIONCLEX:
		if (duplicate_set_cloexec(fd, request == FIOCLEX))
			return 0;
		break;
	}
	return real.ioctl(fd, request, arg);
}
