/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/epoll.h>

#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port), ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLONESHOT };
	uint64_t off = 0;
	char buf[1000];

	greet_client(fd);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	tell("armed");
	for (int i = 0; off < 30000; i++) {
		CHECK(epoll_wait(ep, &ev, 1, 5000) == 1);
		CHECK(epoll_wait(ep, &ev, 1, 0) == 0);
		ssize_t n = read(fd, buf, sizeof(buf));
		CHECK(n > 0 && matches(buf, (size_t)n, off));
		off += (uint64_t)n;
		ev.events = EPOLLIN | EPOLLONESHOT;
		CHECK(epoll_ctl(ep, EPOLL_CTL_MOD, fd, &ev) == 0);
	}
	CHECK(epoll_wait(ep, &ev, 1, 20) == 0);
	tell("read");
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	await("armed");
	write_all(fd, 0, 30000);
	await("read");
}

CLAIM(server, client)
