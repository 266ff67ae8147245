/* SPDX-License-Identifier: Apache-2.0 */
/* The halves meet inside a record: what the child left of it is the parent's. */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	for (uint64_t off = 0; off < 100000; off += 20000) {
		pid_t pid = spawn_child();
		if (pid == 0) {
			read_exactly(fd, off, 10000);
			exit(0);
		}
		reap(pid);
		read_exactly(fd, off + 10000, 10000);
	}
	write_all(fd, 0, 10);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	write_all(fd, 0, 100000);
	read_exactly(fd, 0, 10);
	close(fd);
}

CLAIM(server, client)
