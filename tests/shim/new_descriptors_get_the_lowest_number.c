/* SPDX-License-Identifier: Apache-2.0 */
/* Programs count on it (close(0); open()): descriptors of svidwrap must be out of the way. */
#include "stream.h"

static void server(int port)
{
	int lowest = dup(0);

	CHECK(lowest >= 0);
	close(lowest);
	int listener = listen_on(port);
	int fd = accept_one(listener);
	greet_client(fd);
	int next = dup(0);
	say("listener +%d, connection +%d, next +%d", listener - lowest, fd - lowest, next - lowest);
	close(next);
	close(listener);
	next = dup(0);
	say("after a close: +%d", next - lowest);
	close(fd);
}

static void client(int port)
{
	int lowest = dup(0);

	CHECK(lowest >= 0);
	close(lowest);
	int fd = dial(port);
	greet_server(fd);
	int next = dup(0);
	say("connection +%d, next +%d", fd - lowest, next - lowest);
	expect_eof(fd);
}

CLAIM(server, client)
