/* SPDX-License-Identifier: Apache-2.0 */
/* It writes at the first POLLOUT and looks at the socket no more. */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 3000);
	tell("heard");
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
	await("heard");
	close(fd);
}

CLAIM(server, client)
