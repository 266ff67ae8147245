/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define CLIENTS 5

static void serve(int fd)
{
	read_exactly(fd, 0, 20000);
	write_all(fd, 0, 100000);
	expect_eof(fd);
	exit(0);
}

static void server(int port)
{
	int listener = listen_on(port);
	pid_t child[CLIENTS];

	for (int i = 0; i < CLIENTS; i++) {
		int fd = accept_one(listener);
		child[i] = spawn_child();
		if (child[i] == 0) {
			close(listener);
			serve(fd);
		}
		close(fd);
	}
	for (int i = 0; i < CLIENTS; i++)
		reap(child[i]);
}

static void client(int port)
{
	for (int i = 0; i < CLIENTS; i++) {
		int fd = dial(port);
		write_all(fd, 0, 20000);
		read_exactly(fd, 0, 100000);
		close(fd);
	}
}

CLAIM(server, client)
