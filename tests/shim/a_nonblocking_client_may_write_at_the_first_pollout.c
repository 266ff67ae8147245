/* SPDX-License-Identifier: Apache-2.0 */
/* Neither SO_ERROR nor a second connect is asked: POLLOUT, and the data. */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 100000);
	write_all(fd, 0, 1);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char *buf = malloc(100000);
	size_t done = 0;

	fill(buf, 100000, 0);
	show("connect", try_connect(fd, port));
	while (done < 100000) {
		CHECK(poll_one(fd, POLLOUT, 5000) == POLLOUT);
		ssize_t n = write(fd, buf + done, 100000 - done);
		if (n < 0 && errno == EAGAIN)
			continue;
		CHECK(n > 0);
		done += (size_t)n;
	}
	set_nonblocking(fd, false);
	read_exactly(fd, 0, 1);
	close(fd);
}

CLAIM(server, client)
