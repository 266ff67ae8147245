/* SPDX-License-Identifier: Apache-2.0 */
/* Descriptors that travel over a Unix socket (unix(7), SCM_RIGHTS). */
#ifndef SVIDWRAP_TESTS_SHIM_RIGHTS_H
#define SVIDWRAP_TESTS_SHIM_RIGHTS_H

#include <sys/un.h>

#include "refused.h"

/* One byte, and with it the n descriptors. */
static inline ssize_t send_fds(int via, const int *fds, size_t n)
{
	union { char buf[CMSG_SPACE(4 * sizeof(int))]; struct cmsghdr align; } u = { 0 };
	struct iovec iov = { (char *)"d", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = u.buf, .msg_controllen = CMSG_SPACE(n * sizeof(int)) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);

	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(n * sizeof(int));
	memcpy(CMSG_DATA(cm), fds, n * sizeof(int));
	return sendmsg(via, &msg, 0);
}

static inline ssize_t send_fd(int via, int fd)
{
	return send_fds(via, &fd, 1);
}

static inline int receive_fd(int via)
{
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } u = { 0 };
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	int fd;

	CHECK(recvmsg(via, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

#endif
