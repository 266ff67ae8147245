/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define CLIENTS 100

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < CLIENTS; i++) {
		int fd = accept_one(listener);
		read_exactly(fd, 0, 100);
		write_all(fd, 0, 100);
		CHECK(read_to_end(fd, 100, 10) == 100 && errno == 0);
		close(fd);
	}
}

static void client(int port)
{
	for (int i = 0; i < CLIENTS; i++) {
		int fd = dial(port);
		write_all(fd, 0, 100);
		read_exactly(fd, 0, 100);
		close(fd);
	}
}

CLAIM(server, client)
