/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sys.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

static int open3(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static int dup_cloexec(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static int64_t wall_s(void)
{
	return time(NULL);
}

static int64_t mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

const struct sys sys_libc = {
	.socket = socket,
	.connect = connect,
	.send = send,
	.recv = recv,
	.getsockopt = getsockopt,
	.poll = poll,
	.open = open3,
	.read = read,
	.write = write,
	.fstat = fstat,
	.dup = dup_cloexec,
	.close = close,
	.wall_s = wall_s,
	.mono_ms = mono_ms,
};
