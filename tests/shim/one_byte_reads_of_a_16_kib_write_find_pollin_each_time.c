/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	for (uint64_t i = 0; i < 16384; i++) {
		char c;
		CHECK(poll_one(fd, POLLIN, 5000) == POLLIN);
		CHECK(read(fd, &c, 1) == 1 && matches(&c, 1, i));
	}
	CHECK(poll_one(fd, POLLIN, 0) == 0);
	tell("read");
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	write_all(fd, 0, 16384);
	await("read");
}

CLAIM(server, client)
