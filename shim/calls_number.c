/* SPDX-License-Identifier: Apache-2.0 */
/* syscall(2): what has a wrapper is the wrapper's business under its number, too
 * (numbers.def). */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fork.h"
#include "privilege.h"
#include "refuse.h"
#include "shim.h"

/* A wrapper with a system call's arguments; those it does not take are ignored. */
typedef long as_call(long, long, long, long, long, long);

static long submit(long ctx, long n, struct iocb **list)
{
	for (long i = 0; i < n; i++) {
		int e = list[i] ? refuse_if_managed((int)list[i]->aio_fildes, REFUSE_aio) : 0;

		if (e < 0) {
			errno = -e;
			return -1;
		}
	}
	return real.syscall(SYS_io_submit, ctx, n, list);
}

/* Nor does it use a ring that it inherited. */
static long no_ring(void)
{
	errno = -refuse_call(NULL, REFUSE_io_uring);
	return -1;
}

#define FD(n) (int)a##n
#define PTR(type, n) (type)(void *)a##n
#define WRAPPED(name, expr) \
	static long c_##name(long a0, long a1, long a2, long a3, long a4, long a5) { return expr; }
#define PLAIN(why, name)
#include "numbers.def"
#undef WRAPPED
#undef PLAIN

static const struct {
	bool known;
	as_call *call; /* NULL: the kernel */
} table[] = {
#define WRAPPED(name, expr) [SYS_##name] = { true, c_##name },
#define PLAIN(why, name) [SYS_##name] = { .known = true },
#include "numbers.def"
#undef WRAPPED
#undef PLAIN
};

EXPORT long syscall(long number, ...)
{
	bool known = number >= 0 && (size_t)number < sizeof table / sizeof *table &&
		     table[number].known;
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	shim_up();
	if (!known) { /* it might read or write */
		errno = ENOSYS;
		return -1;
	}
	if (table[number].call)
		return table[number].call(a[0], a[1], a[2], a[3], a[4], a[5]);
	return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
