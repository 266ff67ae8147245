/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include <sys/syscall.h>
#include <sys/uio.h>

#include "stream.h"

static void client(int port)
{
	char buf[1000];
	struct iovec iov = { buf, 500 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd = dial(port);

	greet_server(fd);
	fill(buf, sizeof(buf), 0);
	show("write", syscall(SYS_write, fd, buf, 500));
	iov.iov_base = buf + 500;
	show("sendmsg", syscall(SYS_sendmsg, fd, &msg, 0));
	show("recvfrom", syscall(SYS_recvfrom, fd, buf, 1, MSG_WAITALL, NULL, NULL));
	show("shutdown", syscall(SYS_shutdown, fd, SHUT_WR));
	show("read", syscall(SYS_read, fd, buf, sizeof(buf)));
	say("done");
	syscall(SYS_exit_group, 0); /* says goodbye: the server sees an end, no reset */
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	read_exactly(fd, 0, 1000);
	CHECK(write(fd, "x", 1) == 1);
	expect_eof(fd);
}

CLAIM(server, client)
