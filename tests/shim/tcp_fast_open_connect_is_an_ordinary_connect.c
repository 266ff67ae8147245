/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* The option puts the connect off until the first write, which may then be in the SYN. */
#include "stream.h"

static void client(int port)
{
	for (int nonblocking = 0; nonblocking < 2; nonblocking++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
		char c;

		show("setsockopt", setsockopt(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, &one, sizeof(one)));
		set_nonblocking(fd, nonblocking);
		int r = try_connect(fd, port);
		CHECK(r == 0 || (nonblocking && errno == EINPROGRESS));
		set_nonblocking(fd, false);
		write_all(fd, 0, 1000);
		CHECK(read(fd, &c, 1) == 1);
		close(fd);
	}
}

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < 2; i++) {
		int fd = accept_one(listener);

		read_exactly(fd, 0, 1000);
		CHECK(write(fd, "x", 1) == 1);
		expect_eof(fd);
		close(fd);
	}
}

CLAIM(server, client)
