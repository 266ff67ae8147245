/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include "stream.h"

/* Where the kernel has no cookie it does the same: connects, then sends. */
static void client(int port)
{
	struct sockaddr_in sin = loopback(port);
	char buf[1000], c;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	fill(buf, sizeof(buf), 0);
	show("sendto", sendto(fd, buf, sizeof(buf), MSG_FASTOPEN, (struct sockaddr *)&sin, sizeof(sin)));
	CHECK(read(fd, &c, 1) == 1);
	close(fd);
}

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 1000);
	CHECK(write(fd, "x", 1) == 1);
	expect_eof(fd);
}

CLAIM(server, client)
