/* SPDX-License-Identifier: Apache-2.0 */
/* As daemons do at their start: every descriptor goes, whoever opened it. */
#include "stream.h"

static void close_all(const char *when)
{
	int closed = 0;

	for (int fd = 3; fd < 1024; fd++)
		closed += close(fd) == 0;
	say("%s: %d closed", when, closed);
}

static void server(int port)
{
	close_all("at the start");
	int listener = listen_on(port);
	int fd = accept_one(listener);
	greet_client(fd);
	close_all("with a connection");
	CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);

	listener = listen_on(port);
	tell("again");
	fd = accept_one(listener);
	read_exactly(fd, 0, 50000);
	write_all(fd, 0, 50000);
	expect_eof(fd);
}

static void client(int port)
{
	close_all("at the start");
	int fd = dial(port);
	greet_server(fd);
	expect_eof(fd);
	await("again");
	close_all("with a connection");
	fd = dial(port);
	write_all(fd, 0, 50000);
	read_exactly(fd, 0, 50000);
	close(fd);
}

CLAIM(server, client)
