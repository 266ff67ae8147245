/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int listener = listen_on(port);

	set_nonblocking(listener, true);
	show("accept", accept4(listener, NULL, NULL, SOCK_CLOEXEC));
	tell("tried");
	CHECK(poll_one(listener, POLLIN, 5000) == POLLIN);
	int fd = accept(listener, NULL, NULL);
	CHECK(fd >= 0);
	set_nonblocking(fd, false);
	greet_client(fd);
	show("accept", accept(listener, NULL, NULL));
	expect_eof(fd);
}

static void client(int port)
{
	await("tried");
	int fd = dial(port);
	greet_server(fd);
	close(fd);
}

CLAIM(server, client)
