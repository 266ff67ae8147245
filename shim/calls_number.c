/* SPDX-License-Identifier: Apache-2.0 */
/* syscall(2): what has a wrapper is the wrapper's business under its number, too. */
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "privilege.h"
#include "refuse.h"
#include "shim.h"

/* A wrapper with a system call's arguments; those it does not take are ignored. */
typedef long as_call(long, long, long, long, long, long);

static long c_fcntl(long fd, long cmd, long arg, long d, long e, long f)
{
	return fcntl((int)fd, (int)cmd, arg);
}

static long c_ioctl(long fd, long request, long arg, long d, long e, long f)
{
	return ioctl((int)fd, (unsigned long)request, arg);
}

#define FD(n) (int)a##n
#define PTR(type, n) (type)(void *)a##n
#define WRAP(name, expr) \
	static long c_##name(long a0, long a1, long a2, long a3, long a4, long a5) { return expr; }

WRAP(read, read(FD(0), PTR(void *, 1), (size_t)a2))
WRAP(write, write(FD(0), PTR(const void *, 1), (size_t)a2))
WRAP(readv, readv(FD(0), PTR(const struct iovec *, 1), FD(2)))
WRAP(writev, writev(FD(0), PTR(const struct iovec *, 1), FD(2)))
WRAP(preadv2, preadv2(FD(0), PTR(const struct iovec *, 1), FD(2), a3, FD(5)))
WRAP(pwritev2, pwritev2(FD(0), PTR(const struct iovec *, 1), FD(2), a3, FD(5)))
WRAP(sendfile, sendfile(FD(0), FD(1), PTR(off_t *, 2), (size_t)a3))
WRAP(splice, splice(FD(0), PTR(off_t *, 1), FD(2), PTR(off_t *, 3), (size_t)a4, (unsigned)a5))
WRAP(recvfrom, recvfrom(FD(0), PTR(void *, 1), (size_t)a2, FD(3), PTR(struct sockaddr *, 4),
			PTR(socklen_t *, 5)))
WRAP(shutdown, shutdown(FD(0), FD(1)))
WRAP(socket, socket(FD(0), FD(1), FD(2)))
WRAP(connect, connect(FD(0), PTR(const struct sockaddr *, 1), (socklen_t)a2))
WRAP(listen, listen(FD(0), FD(1)))
WRAP(accept, accept(FD(0), PTR(struct sockaddr *, 1), PTR(socklen_t *, 2)))
WRAP(accept4, accept4(FD(0), PTR(struct sockaddr *, 1), PTR(socklen_t *, 2), FD(3)))
WRAP(setsockopt, setsockopt(FD(0), FD(1), FD(2), PTR(const void *, 3), (socklen_t)a4))
WRAP(getsockopt, getsockopt(FD(0), FD(1), FD(2), PTR(void *, 3), PTR(socklen_t *, 4)))
WRAP(sendto, sendto(FD(0), PTR(const void *, 1), (size_t)a2, FD(3),
		    PTR(const struct sockaddr *, 4), (socklen_t)a5))
WRAP(sendmsg, sendmsg(FD(0), PTR(const struct msghdr *, 1), FD(2)))
WRAP(sendmmsg, sendmmsg(FD(0), PTR(struct mmsghdr *, 1), (unsigned)a2, FD(3)))
WRAP(recvmsg, recvmsg(FD(0), PTR(struct msghdr *, 1), FD(2)))
WRAP(recvmmsg, recvmmsg(FD(0), PTR(struct mmsghdr *, 1), (unsigned)a2, FD(3),
			PTR(struct timespec *, 4)))
WRAP(pidfd_getfd, pidfd_getfd(FD(0), FD(1), (unsigned)a2))
WRAP(close, close(FD(0)))
WRAP(exit_group, (_exit(FD(0)), 0))
WRAP(close_range, close_range((unsigned)a0, (unsigned)a1, FD(2)))
WRAP(dup, dup(FD(0)))
WRAP(dup3, dup3(FD(0), FD(1), FD(2)))
WRAP(io_uring_setup, (errno = -refuse_call(NULL, REFUSE_io_uring), -1))
#ifdef SYS_dup2
WRAP(dup2, dup2(FD(0), FD(1)))
#endif

WRAP(prctl, prctl(FD(0), a1, a2, a3, a4))
WRAP(capset, capset(PTR(void *, 0), PTR(const void *, 1)))
WRAP(unshare, unshare(FD(0)))
WRAP(setns, setns(FD(0), FD(1)))

/* libc's functions of these names reach every thread, or do not exist. */
#define DROPS(name) WRAP(name, privilege_by_number(SYS_##name, a0, a1, a2))
DROPS(seccomp)
DROPS(landlock_restrict_self)
DROPS(setuid)
DROPS(setgid)
DROPS(setreuid)
DROPS(setregid)
DROPS(setresuid)
DROPS(setresgid)
DROPS(setgroups)

#define ROW(name) { SYS_##name, c_##name }
static const struct {
	short number;
	as_call *call;
} redirected[] = {
	ROW(read),    ROW(write),      ROW(readv),	 ROW(writev),  ROW(preadv2),
	ROW(pwritev2), ROW(sendfile),  ROW(splice),	 ROW(recvfrom), ROW(shutdown),
	ROW(socket),  ROW(connect),    ROW(listen),	 ROW(accept4), ROW(setsockopt),
	ROW(sendto),  ROW(getsockopt), ROW(sendmsg),	 ROW(recvmsg), ROW(sendmmsg),
	ROW(close),   ROW(recvmmsg),   ROW(pidfd_getfd), ROW(dup),     ROW(close_range),
	ROW(exit_group), ROW(dup3), ROW(fcntl),      ROW(ioctl),	 ROW(io_uring_setup),
	ROW(prctl),   ROW(capset),     ROW(unshare),	 ROW(setns),   ROW(seccomp),
	ROW(setuid),  ROW(setreuid),   ROW(setresuid),	 ROW(setgid),  ROW(setregid),
	ROW(setresgid), ROW(setgroups), ROW(landlock_restrict_self),
#ifdef SYS_dup2
	ROW(dup2),
#endif
#ifdef SYS_accept
	ROW(accept),
#endif
};

/* -1 with errno, or 0. */
static int refused(int fd, enum refusal r)
{
	int e = refuse_if_managed(fd, r);

	if (e < 0)
		errno = -e;
	return e < 0 ? -1 : 0;
}

static int refused_submit(long n, struct iocb *const *list)
{
	for (long i = 0; i < n; i++)
		if (list[i] && refused((int)list[i]->aio_fildes, REFUSE_aio) < 0)
			return -1;
	return 0;
}

EXPORT long syscall(long number, ...)
{
	long a[6];
	va_list ap;

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	shim_up();
	if (number == SYS_io_submit && refused_submit(a[1], (struct iocb *const *)a[2]) < 0)
		return -1;
	for (size_t i = 0; i < sizeof redirected / sizeof *redirected; i++)
		if (redirected[i].number == number)
			return redirected[i].call(a[0], a[1], a[2], a[3], a[4], a[5]);
	return real.syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
