/* SPDX-License-Identifier: Apache-2.0 */
/* But no longer than for the end, and not where it may not wait. */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port), least = 100;
	char buf[1000];

	greet_client(fd);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof(least)) == 0);
	tell("ready");
	show("waits", recv(fd, buf, sizeof(buf), 0));
	CHECK(matches(buf, 120, 0));
	tell("read");
	await("60 more");
	while (recv(fd, buf, sizeof(buf), MSG_PEEK | MSG_DONTWAIT) != 60)
		pause_ms(1);
	show("may not wait", recv(fd, buf, 20, MSG_DONTWAIT));
	show("has room for less", recv(fd, buf, 30, 0));
	tell("looked");
	show("the end", recv(fd, buf, sizeof(buf), 0));
	show("behind it", recv(fd, buf, sizeof(buf), 0));
}

static void client(int port)
{
	int fd = dial(port), one = 1;

	greet_server(fd);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
	await("ready");
	write_all(fd, 0, 60);
	pause_ms(50); /* nothing tells that the reader has seen them */
	write_all(fd, 60, 60);
	await("read");
	write_all(fd, 120, 60);
	tell("60 more");
	await("looked");
	CHECK(shutdown(fd, SHUT_WR) == 0);
	expect_eof(fd);
	close(fd);
}

CLAIM(server, client)
