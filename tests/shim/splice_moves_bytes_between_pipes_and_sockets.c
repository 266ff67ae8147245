/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include "stream.h"

#define SIZE (1000 * KIB)

/* Everything the pipe gets, into the socket. */
static void client(int port)
{
	int fd = dial(port), pipes[2];
	off_t off = 0;
	char c;

	greet_server(fd);
	CHECK(pipe(pipes) == 0);
	show("empty pipe", splice(pipes[0], NULL, fd, NULL, 10, SPLICE_F_NONBLOCK));
	show("with an offset", splice(pipes[0], &off, fd, NULL, 10, 0));
	show("no pipe", splice(fd, NULL, fd, NULL, 10, 0));
	show("nothing", splice(pipes[0], NULL, fd, NULL, 0, 0));
	pid_t writer = spawn_child();
	if (writer == 0) {
		close(fd);
		close(pipes[0]);
		write_all(pipes[1], 0, SIZE);
		_exit(0);
	}
	close(pipes[1]);
	for (ssize_t r; (r = splice(pipes[0], NULL, fd, NULL, SIZE, SPLICE_F_MORE)) != 0;)
		CHECK(r > 0);
	reap(writer);
	CHECK(read(fd, &c, 1) == 1);
	close(fd);
}

/* Everything the socket gets, into a pipe. */
static void server(int port)
{
	int fd = serve_one(port), pipes[2];
	size_t left = SIZE;

	greet_client(fd);
	CHECK(pipe(pipes) == 0);
	pid_t reader = spawn_child();
	if (reader == 0) {
		close(fd);
		close(pipes[1]);
		read_exactly(pipes[0], 0, SIZE);
		expect_eof(pipes[0]);
		_exit(0);
	}
	close(pipes[0]);
	while (left) {
		ssize_t r = splice(fd, NULL, pipes[1], NULL, left, 0);

		CHECK(r > 0);
		left -= (size_t)r;
	}
	close(pipes[1]);
	reap(reader);
	CHECK(write(fd, "x", 1) == 1);
	CHECK(pipe(pipes) == 0);
	show("at the end", splice(fd, NULL, pipes[1], NULL, 10, 0));
}

CLAIM(server, client)
