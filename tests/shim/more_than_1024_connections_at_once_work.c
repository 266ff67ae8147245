/* SPDX-License-Identifier: Apache-2.0 */
#include "many.h"
#include "stream.h"

#define CLIENTS 1100

static void server(int port)
{
	static int fd[CLIENTS];

	raise_limit();
	int listener = listen_on(port);
	for (int i = 0; i < CLIENTS; i++) {
		fd[i] = accept_one(listener);
		greet_client(fd[i]);
	}
	for (int i = CLIENTS - 1; i >= 0; i--) {
		read_exactly(fd[i], (uint64_t)i, 1000);
		write_all(fd[i], (uint64_t)i, 1000);
		expect_eof(fd[i]);
		close(fd[i]);
	}
}

static void client(int port)
{
	static int fd[CLIENTS];

	raise_limit();
	dial_many(port, fd, CLIENTS);
	for (int i = CLIENTS - 1; i >= 0; i--) {
		write_all(fd[i], (uint64_t)i, 1000);
		read_exactly(fd[i], (uint64_t)i, 1000);
		close(fd[i]);
	}
}

CLAIM(server, client)
