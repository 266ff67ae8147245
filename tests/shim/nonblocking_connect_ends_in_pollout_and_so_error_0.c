/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 1000);
	write_all(fd, 0, 1000);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int err = -1;
	socklen_t len = sizeof(err);

	show("connect", try_connect(fd, port));
	CHECK(poll_one(fd, POLLOUT, 5000) == POLLOUT);
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0);
	say("SO_ERROR = %d", err);
	write_all(fd, 0, 1000); /* a fresh send buffer takes it at once */
	CHECK(poll_one(fd, POLLIN, 5000) == POLLIN);
	char buf[1000];
	size_t got = 0;
	while (got < sizeof(buf)) {
		ssize_t n = read(fd, buf + got, sizeof(buf) - got);
		if (n < 0 && errno == EAGAIN) {
			CHECK(poll_one(fd, POLLIN, 5000) == POLLIN);
			continue;
		}
		CHECK(n > 0);
		got += (size_t)n;
	}
	CHECK(matches(buf, sizeof(buf), 0));
	close(fd);
}

CLAIM(server, client)
