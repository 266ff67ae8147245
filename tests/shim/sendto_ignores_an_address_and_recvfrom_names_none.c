/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char buf[200];

	greet_client(fd);
	ssize_t n = recvfrom(fd, buf, 100, MSG_WAITALL, (struct sockaddr *)&from, &len);
	show("recvfrom", n);
	say("address length %u", len);
	CHECK(n == 100 && matches(buf, 100, 0));
	show("recvfrom without an address", recvfrom(fd, buf, 100, MSG_WAITALL, NULL, NULL));
	CHECK(matches(buf, 100, 100));
}

static void client(int port)
{
	int fd = dial(port);
	struct sockaddr_in to = loopback(1);
	char buf[200];

	fill(buf, sizeof(buf), 0);
	greet_server(fd);
	show("sendto", sendto(fd, buf, 100, 0, (struct sockaddr *)&to, sizeof(to)));
	show("sendto without an address", sendto(fd, buf + 100, 100, 0, NULL, 0));
	expect_eof(fd);
}

CLAIM(server, client)
