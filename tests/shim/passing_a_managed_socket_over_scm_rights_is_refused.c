/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } u = { 0 };
	struct iovec iov = { "d", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);
	int sv[2];

	greet_server(fd);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &fd, sizeof(int));
	REFUSED(rights, sendmsg(sv[0], &msg, 0));
	go_on_client(fd);
}

CLAIM(refused_server, client)
