/* SPDX-License-Identifier: Apache-2.0 */
/* Begun through one number, it goes on through another; the first is a pipe's by then. */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 3000);
	write_all(fd, 0, 3000);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int twin, p[2];
	char buf[3000];

	fill(buf, sizeof(buf), 0);
	show("connect", try_connect(fd, port));
	CHECK(poll_one(fd, POLLOUT, 5000) == POLLOUT);
	CHECK(write(fd, buf, 1000) == 1000);
	twin = dup(fd);
	CHECK(pipe2(p, O_NONBLOCK) == 0 && dup2(p[1], fd) == fd);
	CHECK(write(twin, buf + 1000, 2000) == 2000);
	set_nonblocking(twin, false);
	read_exactly(twin, 0, 3000);
	close(twin);
	show("bytes in the pipe", read(p[0], buf, 1));
}

CLAIM(server, client)
