/* SPDX-License-Identifier: Apache-2.0 */
/* With and without data before it; nothing is read until the peer has seen the end. */
#include "stream.h"

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < 2; i++) {
		int fd = accept_one(listener);
		read_exactly(fd, 0, i ? 3000 : 0);
		expect_eof(fd);
		tell(i ? "ended 1" : "ended 0");
		write_all(fd, 0, 100);
		close(fd);
	}
}

static void client(int port)
{
	char buf[3000];

	fill(buf, sizeof(buf), 0);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 2; i++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		show("connect", try_connect(fd, port));
		CHECK(poll_one(fd, POLLOUT, 5000) == POLLOUT);
		if (i)
			CHECK(write(fd, buf, sizeof(buf)) == sizeof(buf));
		show("shutdown", shutdown(fd, SHUT_WR));
		show("write", write(fd, buf, 1));
		await(i ? "ended 1" : "ended 0");
		set_nonblocking(fd, false);
		read_exactly(fd, 0, 100);
		expect_eof(fd);
		close(fd);
	}
}

CLAIM(server, client)
