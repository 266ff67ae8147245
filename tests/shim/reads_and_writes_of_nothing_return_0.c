/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	char c;

	greet_client(fd);
	show("read of 0 without data", read(fd, &c, 0));
	show("recv of 0 without data", recv(fd, &c, 0, MSG_DONTWAIT));
	show("write of 0", write(fd, &c, 0));
	show("send of 0", send(fd, &c, 0, 0));
	tell("tried");
	CHECK(poll_one(fd, POLLIN, 5000) == POLLIN);
	show("read of 0 with data", read(fd, &c, 0));
	read_exactly(fd, 0, 100);
	expect_eof(fd);
	show("read of 0 at the end", read(fd, &c, 0));
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	await("tried");
	CHECK(poll_one(fd, POLLIN, 20) == 0);
	write_all(fd, 0, 100);
	close(fd);
}

CLAIM(server, client)
