/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	char buf[100];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	greet_client(fd);
	show("recv", recv(fd, buf, sizeof(buf), MSG_DONTWAIT));
	show("recvfrom", recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL));
	show("recvmsg", recvmsg(fd, &msg, MSG_DONTWAIT));
	show("recv MSG_WAITALL", recv(fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_WAITALL));
	set_nonblocking(fd, true);
	show("read", read(fd, buf, sizeof(buf)));
	tell("tried");
	CHECK(poll_one(fd, POLLIN, 5000) == POLLIN);
	show("read", read(fd, buf, sizeof(buf)));
	CHECK(matches(buf, 64, 0));
	show("read", read(fd, buf, sizeof(buf)));
	tell("read");
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	await("tried");
	write_all(fd, 0, 64);
	await("read");
}

CLAIM(server, client)
