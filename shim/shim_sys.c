/* SPDX-License-Identifier: Apache-2.0 */
#include "shim_sys.h"

#include <fcntl.h>

#include "kernel.h"

/* errno as lib/ expects it, without being a cancellation point. */
static long with_errno(long r)
{
	if (r >= 0)
		return r;
	errno = (int)-r;
	return -1;
}

static int sys_socket(int domain, int type, int protocol)
{
	return (int)with_errno(KERNEL(SYS_socket, domain, type, protocol));
}

static int sys_connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	return (int)with_errno(KERNEL(SYS_connect, fd, sa, len));
}

static ssize_t sys_send(int fd, const void *buf, size_t n, int flags)
{
	return with_errno(KERNEL(SYS_sendto, fd, buf, n, flags, NULL, 0));
}

static ssize_t sys_recv(int fd, void *buf, size_t n, int flags)
{
	return with_errno(KERNEL(SYS_recvfrom, fd, buf, n, flags, NULL, NULL));
}

static int sys_getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	return (int)with_errno(KERNEL(SYS_getsockopt, fd, level, name, val, len));
}

static int sys_poll(struct pollfd *fds, nfds_t n, int timeout_ms)
{
	return (int)with_errno(k_poll(fds, n, timeout_ms));
}

static int sys_open(const char *path, int flags, mode_t mode)
{
	return (int)with_errno(KERNEL(SYS_openat, AT_FDCWD, path, flags, mode));
}

static ssize_t sys_read(int fd, void *buf, size_t n)
{
	return with_errno(KERNEL(SYS_read, fd, buf, n));
}

static ssize_t sys_write(int fd, const void *buf, size_t n)
{
	return with_errno(KERNEL(SYS_write, fd, buf, n));
}

static int sys_dup(int fd)
{
	return (int)with_errno(k_fcntl(fd, F_DUPFD_CLOEXEC, 3));
}

static int sys_close(int fd)
{
	return (int)with_errno(k_close(fd));
}

static int64_t sys_wall_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec;
}

const struct sys shim_sys = {
	.socket = sys_socket,
	.connect = sys_connect,
	.send = sys_send,
	.recv = sys_recv,
	.getsockopt = sys_getsockopt,
	.poll = sys_poll,
	.open = sys_open,
	.read = sys_read,
	.write = sys_write,
	.fstat = fstat,
	.dup = sys_dup,
	.close = sys_close,
	.wall_s = sys_wall_s,
	.mono_ms = k_mono_ms,
};
