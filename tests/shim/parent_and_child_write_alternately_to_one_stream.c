/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define TURNS 60
#define SIZE 3000

/* turn[0] to read whose turn it is from, turn[1] to pass it on. */
static void take_turns(int fd, int in, int out, int first)
{
	char c;

	for (int i = first; i < TURNS; i += 2) {
		CHECK(read(in, &c, 1) == 1);
		write_all(fd, (uint64_t)i * SIZE, SIZE);
		read_exactly(fd, (uint64_t)i * 100, 100);
		CHECK(write(out, &c, 1) == 1);
	}
}

static void server(int port)
{
	int fd = serve_one(port);
	int to_child[2], to_parent[2];

	greet_client(fd);
	CHECK(pipe(to_child) == 0 && pipe(to_parent) == 0);
	CHECK(write(to_parent[1], "x", 1) == 1);
	pid_t pid = spawn_child();
	if (pid == 0) {
		take_turns(fd, to_child[0], to_parent[1], 1);
		exit(0);
	}
	take_turns(fd, to_parent[0], to_child[1], 0);
	reap(pid);
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	for (int i = 0; i < TURNS; i++) {
		read_exactly(fd, (uint64_t)i * SIZE, SIZE);
		write_all(fd, (uint64_t)i * 100, 100);
	}
	expect_eof(fd);
}

CLAIM(server, client)
