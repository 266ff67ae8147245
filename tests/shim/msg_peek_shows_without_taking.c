/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	char buf[30000];

	greet_client(fd);
	await("written");
	show("peek of 10", recv(fd, buf, 10, MSG_PEEK));
	CHECK(matches(buf, 10, 0));
	ssize_t n = recv(fd, buf, sizeof(buf), MSG_PEEK);
	show("peek of all", n);
	CHECK(matches(buf, 1000, 0));
	show_events("after the peek", poll_one(fd, POLLIN, 0));
	show("read", read(fd, buf, 400));
	CHECK(matches(buf, 400, 0));
	show("peek of the rest", recv(fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT));
	CHECK(matches(buf, 600, 400));
	show("recv", recv(fd, buf, sizeof(buf), 0));
	CHECK(matches(buf, 600, 400));
	show("peek of nothing", recv(fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT));
	tell("peeked");
	show("blocking peek", recv(fd, buf, 1, MSG_PEEK));
	read_exactly(fd, 1000, 40000);
	show("peek at the end", recv(fd, buf, 1, MSG_PEEK));
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	write_all(fd, 0, 1000);
	tell("written");
	await("peeked");
	pause_ms(50);
	write_all(fd, 1000, 40000);
	close(fd);
}

CLAIM(server, client)
