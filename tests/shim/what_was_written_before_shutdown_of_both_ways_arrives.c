/* SPDX-License-Identifier: Apache-2.0 */
/* Connected, written, shut and closed without ever blocking. */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 3000);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char buf[3000];

	fill(buf, sizeof(buf), 0);
	show("connect", try_connect(fd, port));
	CHECK(poll_one(fd, POLLOUT, 5000) == POLLOUT);
	CHECK(write(fd, buf, sizeof(buf)) == sizeof(buf));
	show("shutdown", shutdown(fd, SHUT_RDWR));
	show("read", read(fd, buf, 1));
	close(fd);
}

CLAIM(server, client)
