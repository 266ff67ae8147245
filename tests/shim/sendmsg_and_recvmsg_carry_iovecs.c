/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	char a[10], b[1], c[30000], control[64];
	struct iovec iov[] = { { a, sizeof(a) }, { NULL, 0 }, { b, 1 }, { c, sizeof(c) } };
	struct sockaddr_in from;
	struct msghdr msg = { .msg_name = &from, .msg_namelen = sizeof(from),
			      .msg_iov = iov, .msg_iovlen = 4,
			      .msg_control = control, .msg_controllen = sizeof(control) };

	greet_client(fd);
	await("written");
	ssize_t n = recvmsg(fd, &msg, 0);
	show("recvmsg", n);
	say("flags %x, name length %u, control length %zu", msg.msg_flags,
	    msg.msg_namelen, msg.msg_controllen);
	CHECK(n == 20011);
	CHECK(matches(a, 10, 0) && matches(b, 1, 10) && matches(c, 20000, 11));
	msg = (struct msghdr){ .msg_iov = iov, .msg_iovlen = 0 };
	show("recvmsg of nothing", recvmsg(fd, &msg, MSG_DONTWAIT));
	tell("read");
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);
	char buf[20011];
	struct iovec iov[] = { { buf, 1 }, { NULL, 0 }, { buf + 1, 16384 }, { buf + 16385, 3626 } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 4 };

	fill(buf, sizeof(buf), 0);
	greet_server(fd);
	show("sendmsg", sendmsg(fd, &msg, 0));
	tell("written");
	await("read");
	msg.msg_iovlen = 0;
	show("sendmsg of nothing", sendmsg(fd, &msg, 0));
	close(fd);
}

CLAIM(server, client)
