/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	expect_eof(fd);
}

/* SIGPIPE keeps its deadly default. */
static void client(int port)
{
	int fd = dial(port);
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	greet_server(fd);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	show("send", send(fd, "x", 1, MSG_NOSIGNAL));
	show("sendmsg", sendmsg(fd, &msg, MSG_NOSIGNAL));
	show("sendto", sendto(fd, "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT, NULL, 0));
}

CLAIM(server, client)
