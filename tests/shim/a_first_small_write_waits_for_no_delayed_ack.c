/* SPDX-License-Identifier: Apache-2.0 */
/* What the handshake sent last must not make Nagle's algorithm hold the program's first bytes for 40 ms. */
#include "stream.h"

#define CLIENTS 10

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < CLIENTS; i++) {
		int fd = accept_one(listener);
		greet_client(fd);
		expect_eof(fd);
		close(fd);
	}
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void client(int port)
{
	long least = 1000;

	for (int i = 0; i < CLIENTS; i++) {
		int fd = dial(port);
		long began = now_ms();
		greet_server(fd);
		long took = now_ms() - began;
		least = took < least ? took : least;
		close(fd);
	}
	/* The stall would be everyone's; a busy machine slows some. */
	CHECK(least < 30);
}

CLAIM(server, client)
