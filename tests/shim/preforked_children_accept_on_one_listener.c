/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define CHILDREN 3
#define CLIENTS 12

static void serve(int listener)
{
	for (;;) {
		int fd = accept_one(listener);
		char last;
		read_exactly(fd, 0, 5000);
		write_all(fd, 0, 5000);
		CHECK(read(fd, &last, 1) == 1);
		close(fd);
		if (last == 'q')
			exit(0);
	}
}

static void server(int port)
{
	int listener = listen_on(port);
	pid_t child[CHILDREN];

	for (int i = 0; i < CHILDREN; i++) {
		child[i] = spawn_child();
		if (child[i] == 0)
			serve(listener);
	}
	for (int i = 0; i < CHILDREN; i++)
		reap(child[i]);
}

static void client(int port)
{
	for (int i = 0; i < CLIENTS + CHILDREN; i++) {
		int fd = dial(port);
		write_all(fd, 0, 5000);
		read_exactly(fd, 0, 5000);
		CHECK(write(fd, i < CLIENTS ? "n" : "q", 1) == 1);
		expect_eof(fd);
		close(fd);
	}
}

CLAIM(server, client)
