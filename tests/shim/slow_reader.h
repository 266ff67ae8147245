/* SPDX-License-Identifier: Apache-2.0 */
/* The other side of a program that writes 400,000 bytes and is gone: a reader that is slow, and greets, since bytes
 * that nobody reads must not turn the end into a reset. */
#ifndef SVIDWRAP_TESTS_SHIM_SLOW_READER_H
#define SVIDWRAP_TESTS_SHIM_SLOW_READER_H

#include "stream.h"

static inline void slow_reader(int port)
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

/* Connects, writes it all, and tells. */
static inline int write_and_tell(int port)
{
	int fd = dial(port);

	greet_server(fd);
	write_all(fd, 0, 400000);
	tell("written");
	return fd;
}

#endif
