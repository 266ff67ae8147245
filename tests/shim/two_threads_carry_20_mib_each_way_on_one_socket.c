/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define TOTAL (20 * MIB)

static void *write_side(void *arg)
{
	int fd = *(int *)arg;

	for (uint64_t off = 0; off < TOTAL;) {
		size_t n = 1 + (off * 7919) % 70000;
		n = n < TOTAL - off ? n : TOTAL - off;
		write_all(fd, off, n);
		off += n;
	}
	CHECK(shutdown(fd, SHUT_WR) == 0);
	return NULL;
}

static void both(int fd)
{
	pthread_t t;

	CHECK(pthread_create(&t, NULL, write_side, &fd) == 0);
	say("%llu bytes", (unsigned long long)read_to_end(fd, 0, 50000));
	CHECK(errno == 0);
	CHECK(pthread_join(t, NULL) == 0);
	close(fd);
}

static void server(int port)
{
	both(serve_one(port));
}

static void client(int port)
{
	both(dial(port));
}

CLAIM(server, client)
