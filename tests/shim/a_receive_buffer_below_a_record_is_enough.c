/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest that the kernel gives: a record of 16 KiB never lies in it whole. */
#include "stream.h"

#define TOTAL (400 * KIB)

static void shrink(int fd)
{
	int size = 1;

	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
}

static void server(int port)
{
	int listener = listen_on(port), fd;

	shrink(listener); /* those that it accepts have it from their first window on */
	tell("listening");
	fd = accept_one(listener);
	greet_client(fd);
	read_exactly(fd, 0, TOTAL);
	write_all(fd, 0, TOTAL);
	expect_eof(fd);
	close(fd);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	shrink(fd);
	await("listening");
	CHECK(try_connect(fd, port) == 0);
	greet_server(fd);
	write_all(fd, 0, TOTAL);
	read_exactly(fd, 0, TOTAL);
	close(fd);
}

CLAIM(server, client)
