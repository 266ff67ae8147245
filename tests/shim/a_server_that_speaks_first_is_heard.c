/* SPDX-License-Identifier: Apache-2.0 */
/* A banner before any byte of the client: blocking and non-blocking on both sides. */
#include "stream.h"

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < 4; i++) {
		int fd = accept4(listener, NULL, NULL, i & 1 ? SOCK_NONBLOCK : 0);
		CHECK(fd >= 0);
		write_all(fd, 0, 200);
		set_nonblocking(fd, false);
		read_exactly(fd, 0, 100);
		expect_eof(fd);
		close(fd);
	}
}

static void client(int port)
{
	for (int i = 0; i < 4; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | (i & 2 ? SOCK_NONBLOCK : 0), 0);
		int err = -1;
		socklen_t len = sizeof(err);
		show("connect", try_connect(fd, port));
		CHECK(poll_one(fd, POLLOUT, 5000) == POLLOUT);
		CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 && err == 0);
		char buf[200];
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
		say("banner %d heard", i);
		write_all(fd, 0, 100);
		close(fd);
	}
}

CLAIM(server, client)
