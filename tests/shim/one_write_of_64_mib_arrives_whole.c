/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define TOTAL (64 * MIB)

static void server(int port)
{
	int fd = serve_one(port);

	say("%llu bytes", (unsigned long long)read_to_end(fd, 0, 64 * KIB));
	CHECK(errno == 0);
}

static void client(int port)
{
	int fd = dial(port);
	char *buf = malloc(TOTAL);

	CHECK(buf);
	fill(buf, TOTAL, 0);
	show("write", write(fd, buf, TOTAL));
	close(fd);
}

CLAIM(server, client)
