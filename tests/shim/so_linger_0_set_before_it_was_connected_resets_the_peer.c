/* SPDX-License-Identifier: Apache-2.0 */
/* Set on the listener, whose connections inherit it, and on a socket before connect. */
#include "stream.h"

static void reset_on_close(int fd)
{
	struct linger l = { 1, 0 };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof(l)) == 0);
}

static void expect_reset(int fd)
{
	char c;

	show("read", read(fd, &c, 1));
	CHECK(errno == ECONNRESET);
	close(fd);
}

static void server(int port)
{
	int listener = listen_on(port);
	int fd = accept_one(listener);

	greet_client(fd);
	expect_reset(fd);
	reset_on_close(listener);
	tell("inheriting");
	fd = accept_one(listener);
	greet_client(fd);
	close(fd);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	reset_on_close(fd);
	CHECK(try_connect(fd, port) == 0);
	greet_server(fd);
	close(fd);
	await("inheriting");
	fd = dial(port);
	greet_server(fd);
	expect_reset(fd);
}

CLAIM(server, client)
