/* SPDX-License-Identifier: Apache-2.0 */
/* What the handshake sent last must not make Nagle's algorithm hold the program's first bytes for 40 ms. */
#include "stream.h"

#define CLIENTS 50

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

static void client(int port)
{
	struct timespec began, now;

	clock_gettime(CLOCK_MONOTONIC, &began);
	for (int i = 0; i < CLIENTS; i++) {
		int fd = dial(port);
		greet_server(fd);
		close(fd);
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	long ms = (now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000;
	CHECK(ms < CLIENTS * 30);
}

CLAIM(server, client)
