/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system as lib/ sees it. Inside a preloaded program libc's names lead to
 * the shim's own wrappers, so lib/ never calls socket functions by name: it is
 * handed this table. Tests hand in one that fails or lies.
 * Every function behaves as its libc namesake (result, errno).
 */
#ifndef SVIDWRAP_BASE_SYS_H
#define SVIDWRAP_BASE_SYS_H

#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

struct sys {
	int (*socket)(int domain, int type, int protocol);
	int (*connect)(int fd, const struct sockaddr *sa, socklen_t len);
	ssize_t (*send)(int fd, const void *buf, size_t len, int flags);
	ssize_t (*recv)(int fd, void *buf, size_t len, int flags);
	int (*getsockopt)(int fd, int level, int name, void *val,
			  socklen_t *len);
	int (*poll)(struct pollfd *fds, nfds_t n, int timeout_ms);
	int (*open)(const char *path, int flags, mode_t mode);
	ssize_t (*read)(int fd, void *buf, size_t len);
	ssize_t (*write)(int fd, const void *buf, size_t len);
	int (*fstat)(int fd, struct stat *st);
	int (*dup)(int fd); /* close-on-exec, at 3 or above */
	int (*close)(int fd);
	int64_t (*wall_s)(void);  /* seconds since 1970 */
	int64_t (*mono_ms)(void); /* CLOCK_MONOTONIC, milliseconds */
};

/* libc's own, for tools and tests; the shim never links this object. */
extern const struct sys sys_libc;

#endif
