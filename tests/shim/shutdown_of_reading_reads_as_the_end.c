/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	read_exactly(fd, 0, 1000);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);
	char c;

	greet_server(fd);
	show("shutdown", shutdown(fd, SHUT_RD));
	show("read", read(fd, &c, 1));
	show("recv", recv(fd, &c, 1, MSG_DONTWAIT));
	write_all(fd, 0, 1000);
	close(fd);
}

CLAIM(server, client)
