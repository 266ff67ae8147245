/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* The child's descriptors are its own, its memory is the parent's: what it puts on the number of
 * a connection, or of a socket that is yet to be connected, is not there in the parent. */
#include "stream.h"

static void in_child(int way, int fd, int null)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		if (way == 0)
			_exit(dup2(null, fd) != fd);
		if (way == 1)
			_exit(dup3(null, fd, O_CLOEXEC) != fd);
		close(fd);
		_exit(fcntl(null, F_DUPFD, fd) != fd);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void server(int port)
{
	int fd = serve_one(port), null = open("/dev/null", O_RDWR);

	CHECK(null >= 0);
	read_exactly(fd, 0, 1000);
	for (int way = 0; way < 3; way++) {
		in_child(way, fd, null);
		read_exactly(fd, 1000 + (uint64_t)way * 1000, 1000);
		write_all(fd, (uint64_t)way * 1000, 1000);
	}
	close(fd);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), null = open("/dev/null", O_RDWR);

	CHECK(fd >= 0 && null >= 0);
	for (int way = 0; way < 3; way++)
		in_child(way, fd, null);
	CHECK(try_connect(fd, port) == 0);
	write_all(fd, 0, 4000);
	read_exactly(fd, 0, 3000);
	expect_eof(fd);
	close(fd);
}

CLAIM(server, client)
