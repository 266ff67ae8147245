/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	for (uint64_t off = 0; off < 5000; off += 1000) {
		read_exactly(fd, off, 1000);
		write_all(fd, off, 1000);
	}
	say("end after %llu", (unsigned long long)read_to_end(fd, 5000, 100));
	CHECK(errno == 0);
}

static void exchange(int fd, uint64_t off)
{
	write_all(fd, off, 1000);
	read_exactly(fd, off, 1000);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	exchange(fd, 0);
	for (uint64_t off = 1000; off < 3000; off += 1000) {
		pid_t pid = spawn_child();
		if (pid == 0) {
			exchange(fd, off);
			exit(0); /* must not end the parent's connection */
		}
		reap(pid);
	}
	exchange(fd, 3000);
	pid_t pid = spawn_child();
	if (pid == 0) {
		close(fd); /* nor this */
		_exit(0);
	}
	reap(pid);
	exchange(fd, 4000);
	close(fd);
}

CLAIM(server, client)
