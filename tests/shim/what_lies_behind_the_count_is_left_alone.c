/* SPDX-License-Identifier: Apache-2.0 */
/* A program that clears its buffer, reads less than it has room for, and takes the rest for
 * the end of a string. What ends the connection has come by then. */
#include <sys/uio.h>

#include "stream.h"

static void untouched(const char *buf, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		CHECK(buf[i] == '-');
}

static void server(int port)
{
	static char buf[70000];
	int listener = listen_on(port);

	for (int turn = 0; turn < 3; turn++) {
		int fd = accept_one(listener);
		struct iovec iov[] = { { buf, 4 }, { buf + 100, 7 }, { buf + 200, 60000 } };
		ssize_t n;

		greet_client(fd);
		tell(turn == 0 ? "greeted" : turn == 1 ? "greeted again" : "greeted at last");
		await(turn == 0 ? "ended" : turn == 1 ? "ended again" : "ended at last");
		memset(buf, '-', sizeof(buf));
		n = turn == 0 ? read(fd, buf, sizeof(buf)) : turn == 1 ? readv(fd, iov, 3)
							 : recv(fd, buf, sizeof(buf), MSG_WAITALL);
		show("read", n);
		if (turn == 1) {
			untouched(buf, 4, 100);
			untouched(buf, 107, 200);
			untouched(buf, 200 + (size_t)n - 11, sizeof(buf));
		} else {
			CHECK(matches(buf, (size_t)n, 0));
			untouched(buf, (size_t)n, sizeof(buf));
		}
		memset(buf, '-', sizeof(buf));
		expect_eof(fd);
		show("again", read(fd, buf, 100));
		untouched(buf, 0, 200);
		close(fd);
	}
}

static void client(int port)
{
	const size_t sizes[] = { 22, 300, 40000 };

	for (int turn = 0; turn < 3; turn++) {
		int fd = dial(port);

		greet_server(fd);
		await_file(turn == 0 ? "greeted" : turn == 1 ? "greeted again" : "greeted at last");
		write_all(fd, 0, sizes[turn]);
		close(fd);
		tell(turn == 0 ? "ended" : turn == 1 ? "ended again" : "ended at last");
	}
}

CLAIM(server, client)
