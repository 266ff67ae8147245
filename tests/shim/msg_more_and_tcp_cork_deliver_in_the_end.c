/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	read_exactly(fd, 0, 5000);
	greet_client(fd);
	read_exactly(fd, 0, 5000);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port), on = 1, off = 0;
	char buf[5000];

	fill(buf, sizeof(buf), 0);
	greet_server(fd);
	for (int i = 0; i < 5; i++)
		CHECK(send(fd, buf + i * 1000, 1000, i < 4 ? MSG_MORE : 0) == 1000);
	greet_server(fd);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on)) == 0);
	for (int i = 0; i < 5; i++)
		CHECK(write(fd, buf + i * 1000, 1000) == 1000);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_CORK, &off, sizeof(off)) == 0);
	close(fd);
}

CLAIM(server, client)
