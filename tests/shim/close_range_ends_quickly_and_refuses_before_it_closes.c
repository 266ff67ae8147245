/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	read_exactly(fd, 0, 3000);
	expect_eof(fd);
}

static void client(int port)
{
	struct timespec began, now;
	int fd = dial(port);

	greet_server(fd);
	clock_gettime(CLOCK_MONOTONIC, &began);
	show("a range above all", close_range(0x80000000u, ~0u, 0));
	clock_gettime(CLOCK_MONOTONIC, &now);
	CHECK((now.tv_sec - began.tv_sec) * 1000 + (now.tv_nsec - began.tv_nsec) / 1000000 < 300);
	show("unknown flags", close_range((unsigned)fd, ~0u, 64));
	show("last before first", close_range((unsigned)fd, (unsigned)fd - 1, 0));
	write_all(fd, 0, 3000);
	close(fd);
}

CLAIM(server, client)
