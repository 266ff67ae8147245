/* SPDX-License-Identifier: Apache-2.0 */
/* The reader is slow, and greets: bytes that nobody reads must not turn the end into a reset. */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	await("written");
	pause_ms(100);
	uint64_t n = read_to_end(fd, 0, 3000);
	show("end", errno ? -1 : 0);
	say("%llu bytes", (unsigned long long)n);
	CHECK(n == 400000);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	write_all(fd, 0, 400000);
	tell("written");
	_exit(0);
}

CLAIM(server, client)
