/* SPDX-License-Identifier: Apache-2.0 */
/* After EINPROGRESS, Linux answers the first repetition with 0; hiredis asks that way and takes either. */
#include "stream.h"

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < 2; i++) {
		int fd = accept_one(listener);
		greet_client(fd);
		expect_eof(fd);
		close(fd);
	}
}

static void client(int port)
{
	int fd = dial(port);

	show("blocking: again", try_connect(fd, port));
	greet_server(fd);
	show("blocking: after data", try_connect(fd, port));
	close(fd);

	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	show("connect", try_connect(fd, port));
	CHECK(poll_one(fd, POLLOUT, 5000) == POLLOUT);
	CHECK(try_connect(fd, port) == 0 || errno == EISCONN);
	CHECK(try_connect(fd, port) < 0 && errno == EISCONN);
	set_nonblocking(fd, false);
	greet_server(fd);
	close(fd);
}

CLAIM(server, client)
