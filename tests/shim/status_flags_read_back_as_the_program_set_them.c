/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void show_flags(const char *what, int fd)
{
	say("%s: status %o, descriptor %d", what, fcntl(fd, F_GETFL), fcntl(fd, F_GETFD));
}

static void server(int port)
{
	int listener = listen_on(port);
	char c;

	show_flags("listener", listener);
	int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	CHECK(fd >= 0);
	show_flags("accept4", fd);
	CHECK(poll_one(fd, POLLIN, 5000) == POLLIN);
	set_nonblocking(fd, false);
	CHECK(fcntl(fd, F_SETFD, 0) == 0);
	show_flags("cleared", fd);
	greet_client(fd);
	show_flags("in use", fd);
	set_nonblocking(fd, true);
	CHECK(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0);
	show_flags("set", fd);
	show("read", read(fd, &c, 1));
	close(fd);
	fd = accept(listener, NULL, NULL);
	show_flags("accept", fd);
	greet_client(fd);
	show_flags("in use", fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	show_flags("client", fd);
	expect_eof(fd);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	show_flags("socket", fd);
	show("connect", try_connect(fd, port));
	CHECK(poll_one(fd, POLLOUT, 5000) == POLLOUT);
	CHECK(try_connect(fd, port) == 0 || errno == EISCONN);
	show_flags("connected", fd);
	set_nonblocking(fd, false);
	greet_server(fd);
	show_flags("in use", fd);
}

CLAIM(server, client)
