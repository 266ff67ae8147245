/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define ALL (POLLIN | POLLOUT | POLLRDHUP | POLLPRI)

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	await("written");
	show_events("peer wrote and ended", poll_one(fd, ALL, 5000));
	read_exactly(fd, 0, 100);
	show_events("read up", poll_one(fd, ALL, 5000));
	expect_eof(fd);
	show_events("end read", poll_one(fd, ALL, 5000));
	CHECK(shutdown(fd, SHUT_WR) == 0);
	tell("ended");
	await("seen");
	show_events("both ended", poll_one(fd, ALL, 5000));
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	write_all(fd, 0, 100);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	tell("written");
	await("ended");
	show_events("both ended", poll_one(fd, ALL, 5000));
	expect_eof(fd);
	tell("seen");
	show_events("end read", poll_one(fd, ALL, 5000));
}

CLAIM(server, client)
