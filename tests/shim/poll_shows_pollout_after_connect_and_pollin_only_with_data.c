/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	await("polled");
	write_all(fd, 0, 10);
	tell("written");
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	show_events("after connect", poll_one(fd, POLLIN | POLLOUT | POLLRDHUP, 1000));
	greet_server(fd);
	for (int i = 0; i < 20; i++) {
		CHECK(poll_one(fd, POLLIN | POLLOUT | POLLRDHUP, 0) == POLLOUT);
		CHECK(poll_one(fd, POLLIN | POLLPRI | POLLRDHUP, 1) == 0);
	}
	tell("polled");
	await("written");
	/* Written is not yet arrived: Nagle may hold it until a delayed ACK. */
	CHECK(poll_one(fd, POLLIN, 1000) == POLLIN);
	show_events("with data", poll_one(fd, POLLIN | POLLOUT | POLLRDHUP, 1000));
	read_exactly(fd, 0, 10);
	show_events("read up", poll_one(fd, POLLIN | POLLOUT | POLLRDHUP, 0));
	close(fd);
}

CLAIM(server, client)
