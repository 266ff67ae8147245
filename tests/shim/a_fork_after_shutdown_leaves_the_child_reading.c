/* SPDX-License-Identifier: Apache-2.0 */
/* The end of what was written is still on its way when the process forks. */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	await("forked");
	CHECK(read_to_end(fd, 0, 64 * KIB) > 0 && errno == 0);
	write_all(fd, 0, 5000);
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);
	char buf[64 * KIB];
	uint64_t done = 0;
	ssize_t n;

	int small = 4096; /* so that much of a write waits for its turn */
	greet_server(fd);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	set_nonblocking(fd, true);
	do { /* until the socket is full */
		fill(buf, sizeof(buf), done);
		n = write(fd, buf, sizeof(buf));
		done += n > 0 ? (uint64_t)n : 0;
	} while (n > 0 || poll_one(fd, POLLOUT, 50));
	CHECK(shutdown(fd, SHUT_WR) == 0);
	set_nonblocking(fd, false);
	pid_t pid = spawn_child();
	tell("forked");
	if (pid == 0) {
		read_exactly(fd, 0, 5000);
		expect_eof(fd);
		_exit(0);
	}
	reap(pid);
	close(fd);
}

CLAIM(server, client)
