/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static volatile sig_atomic_t pipes;

static void on_pipe(int sig)
{
	pipes++;
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	close(fd);
	await("tried");
}

static void client(int port)
{
	int fd = dial(port);

	signal(SIGPIPE, on_pipe);
	greet_server(fd);
	CHECK(poll_one(fd, POLLIN, 5000) == POLLIN);
	expect_eof(fd);
	/* The kernel takes this one; the peer answers with a reset. */
	show("first write", write(fd, "x", 1));
	int ev = poll_one(fd, POLLIN | POLLPRI, 1);
	for (int i = 0; i < 3000 && !(ev & POLLERR); i++) {
		pause_ms(1);
		ev = poll_one(fd, 0, 0);
	}
	CHECK(ev & POLLHUP);
	show("second write", write(fd, "x", 1));
	say("SIGPIPE %d", pipes);
	show("send", send(fd, "x", 1, 0));
	say("SIGPIPE %d", pipes);
	tell("tried");
}

CLAIM(server, client)
