/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/epoll.h>

#include "stream.h"

#define WRITES 300
#define SIZE(i) (1 + (size_t)(i) * 617 % 20000)

/* A short read says "drained": the reader then waits for the next edge. */
static uint64_t read_until_short(int fd, uint64_t off, size_t cap)
{
	char buf[8192];

	for (;;) {
		ssize_t n = read(fd, buf, cap);
		if (n < 0) {
			CHECK(errno == EAGAIN);
			return off;
		}
		CHECK(n > 0 && matches(buf, (size_t)n, off));
		off += (uint64_t)n;
		if ((size_t)n < cap)
			return off;
	}
}

static void server(int port)
{
	int fd = serve_one(port);
	int ep = epoll_create1(0);
	uint64_t off = 0, total = 0;
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };

	for (int i = 0; i < WRITES; i++)
		total += SIZE(i);
	greet_client(fd);
	set_nonblocking(fd, true);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	for (int i = 0; off < total; i++) {
		CHECK(epoll_wait(ep, &ev, 1, 5000) == 1);
		off = read_until_short(fd, off, i % 3 == 0 ? 100 : i % 3 == 1 ? 4096 : 8192);
	}
	say("%llu bytes", (unsigned long long)off);
	tell("read");
}

static void client(int port)
{
	int fd = dial(port);
	uint64_t off = 0;

	greet_server(fd);
	for (int i = 0; i < WRITES; i++) {
		write_all(fd, off, SIZE(i));
		off += SIZE(i);
		if (i % 7 == 0)
			pause_ms(1);
	}
	await("read");
}

CLAIM(server, client)
