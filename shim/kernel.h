/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kernel without libc's manners: results are values or -errno, errno is
 * left alone, and nothing here is a cancellation point, so that a cancelled
 * thread never leaves one of our locks behind. ctx: signal.
 */
#ifndef SVIDWRAP_SHIM_KERNEL_H
#define SVIDWRAP_SHIM_KERNEL_H

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "real.h"
#include "sandbox.h"

#ifndef __x86_64__
#error "system calls are made as on x86-64 alone"
#endif

/* Not libc's syscall: another preload may have one of its own (torsocks). */
static inline long k_syscall(long number, long a0, long a1, long a2, long a3, long a4, long a5)
{
	register long r10 __asm__("r10") = a3;
	register long r8 __asm__("r8") = a4;
	register long r9 __asm__("r9") = a5;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(number), "D"(a0), "S"(a1), "d"(a2), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

#define K_CALL(number, a0, a1, a2, a3, a4, a5, ...) \
	k_syscall(number, (long)(a0), (long)(a1), (long)(a2), (long)(a3), (long)(a4), (long)(a5))
#define KERNEL(number, ...) \
	(sandbox_denies(number) ? -(long)EPERM \
				: K_CALL(number, __VA_ARGS__ __VA_OPT__(, ) 0, 0, 0, 0, 0, 0, 0))

static inline ssize_t k_recv(int fd, void *buf, size_t n, int flags)
{
	if (sandbox_denies(SYS_recvfrom))
		return sandbox_recv(fd, buf, n, flags);
	return KERNEL(SYS_recvfrom, fd, buf, n, flags | MSG_DONTWAIT, NULL, NULL);
}

static inline ssize_t k_send(int fd, const void *buf, size_t n, int flags)
{
	if (sandbox_denies(SYS_sendto))
		return sandbox_send(fd, buf, n);
	return KERNEL(SYS_sendto, fd, buf, n, flags | MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
}

static inline int k_shutdown(int fd, int how)
{
	return (int)KERNEL(SYS_shutdown, fd, how);
}

static inline int k_setsockopt_int(int fd, int level, int name, int val)
{
	return (int)KERNEL(SYS_setsockopt, fd, level, name, &val, sizeof val);
}

/* 0 on failure: callers ask for counts and flags whose "nothing" is 0. */
static inline int k_getsockopt_int(int fd, int level, int name)
{
	int val = 0;
	socklen_t len = sizeof val;

	return KERNEL(SYS_getsockopt, fd, level, name, &val, &len) < 0 ? 0 : val;
}

/* What the kernel calls this socket, whatever its numbers; 0: no socket. */
static inline uint64_t k_cookie(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof cookie;

	return KERNEL(SYS_getsockopt, fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) < 0 ? 0 : cookie;
}

static inline int k_ioctl_int(int fd, unsigned long request)
{
	int val = 0;

	return KERNEL(SYS_ioctl, fd, request, &val) < 0 ? 0 : val;
}

static inline int k_fcntl(int fd, int cmd, long arg)
{
	return (int)KERNEL(SYS_fcntl, fd, cmd, arg);
}

static inline int k_close(int fd)
{
	return (int)KERNEL(SYS_close, fd);
}

/* Zeroed memory of our own; NULL: none. */
static inline void *k_memory(size_t n)
{
	long r = KERNEL(SYS_mmap, NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			0L);

	return r < 0 ? NULL : (void *)r;
}

static inline void k_memory_free(void *mem, size_t n)
{
	KERNEL(SYS_munmap, mem, n);
}

static inline void k_madvise(void *mem, size_t n, int advice)
{
	KERNEL(SYS_madvise, mem, n, advice);
}

static inline pid_t k_getpid(void)
{
	return (pid_t)KERNEL(SYS_getpid);
}

/* timeout_ms < 0: no bound. Where the program has lowered RLIMIT_NOFILE below n, the kernel
 * watches nothing (poll(2), EINVAL): then it is over soon, and callers look again. */
static inline int k_poll(struct pollfd *fds, nfds_t n, int64_t timeout_ms)
{
	struct timespec ts = { timeout_ms / 1000, timeout_ms % 1000 * 1000000 };
	int r;

	if (sandbox_denies(SYS_ppoll))
		return (int)KERNEL(SYS_poll, fds, n, (int)timeout_ms);
	r = (int)KERNEL(SYS_ppoll, fds, n, timeout_ms < 0 ? NULL : &ts, NULL, 0);
	if (__builtin_expect(r != -EINVAL || !timeout_ms, 1))
		return r;
	ts = (struct timespec){ 0, 5000000 };
	KERNEL(SYS_nanosleep, &ts, NULL);
	return 0;
}

static inline int64_t k_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

#endif
