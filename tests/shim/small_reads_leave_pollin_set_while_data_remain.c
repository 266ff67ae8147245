/* SPDX-License-Identifier: Apache-2.0 */
/* Level-triggered epoll, poll and select agree after each read, whatever its size. */
#include <sys/epoll.h>
#include <sys/select.h>

#include "stream.h"

#define TOTAL 50000

static bool readable(int ep, int fd)
{
	fd_set set;
	struct timeval now = { 0, 0 };
	struct epoll_event ev;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	bool by_select = select(fd + 1, &set, NULL, NULL, &now) == 1 && FD_ISSET(fd, &set);
	bool by_poll = poll_one(fd, POLLIN, 0) == POLLIN;
	bool by_epoll = epoll_wait(ep, &ev, 1, 0) == 1;
	CHECK(by_select == by_poll && by_poll == by_epoll);
	return by_poll;
}

static void server(int port)
{
	static const size_t steps[] = { 1, 7, 100, 1460, 4096, 16383, 17000 };
	int fd = serve_one(port);
	int ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN };
	char buf[20000];

	greet_client(fd);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	CHECK(!readable(ep, fd));
	for (size_t s = 0; s < sizeof(steps) / sizeof(steps[0]); s++) {
		uint64_t off = 0;
		CHECK(write(fd, "g", 1) == 1);
		while (off < TOTAL) {
			CHECK(poll_one(fd, POLLIN, 5000) == POLLIN);
			ssize_t n = read(fd, buf, steps[s]);
			CHECK(n > 0 && matches(buf, (size_t)n, off));
			off += (uint64_t)n;
		}
		CHECK(off == TOTAL && !readable(ep, fd));
		say("reads of %zu: done", steps[s]);
	}
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);
	char go;

	greet_server(fd);
	while (read(fd, &go, 1) == 1)
		write_all(fd, 0, TOTAL);
}

CLAIM(server, client)
