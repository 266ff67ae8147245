/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/*
 * Parent and child hold a copy each of a handshake that has begun; if both went on,
 * both would seal under the same keys from record 0. The server's answer waits in the
 * kernel when the child tries.
 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	await("forked");
	greet_client(fd);
	read_exactly(fd, 0, 5000);
	expect_eof(fd);
	close(fd);
}

static void child_gets_nothing(int fd)
{
	char c;

	tell("forked");
	CHECK(poll_one(fd, POLLIN, 5000) & POLLIN);
	ssize_t got = read(fd, &c, 1);
	CHECK(got == -1 && errno == ECONNRESET);
	CHECK(send(fd, "x", 1, MSG_NOSIGNAL) == -1 && errno == ECONNRESET);
	_exit(0);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), error = -1;
	socklen_t len = sizeof(error);

	set_nonblocking(fd, true);
	CHECK(try_connect(fd, port) == 0 || errno == EINPROGRESS);
	CHECK(poll_one(fd, POLLOUT, 5000) & POLLOUT);
	/* The ClientHello goes out. */
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0);
	pid_t pid = spawn_child();
	if (pid == 0)
		child_gets_nothing(fd);
	reap(pid);
	set_nonblocking(fd, false);
	greet_server(fd);
	write_all(fd, 0, 5000);
	close(fd);
}

CLAIM(server, client)
