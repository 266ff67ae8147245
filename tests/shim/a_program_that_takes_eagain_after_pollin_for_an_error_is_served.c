/* SPDX-License-Identifier: Apache-2.0 */
/* As wrk: the socket does not block, and what epoll calls readable has to be readable. */
#include <sys/epoll.h>

#include "stream.h"

static void read_as_told(int ep, int fd, size_t off, size_t n)
{
	char buf[4096];

	for (size_t done = 0; done < n;) {
		size_t want = n - done < sizeof(buf) ? n - done : sizeof(buf);

		struct epoll_event ev;

		CHECK(epoll_wait(ep, &ev, 1, 10000) == 1);
		ssize_t r = read(fd, buf, want);
		CHECK(r > 0);
		CHECK(matches(buf, (size_t)r, off + done));
		done += (size_t)r;
	}
}

static void server(int port)
{
	int fd = serve_one(port), ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN };

	set_nonblocking(fd, true);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	CHECK(write(fd, "hello", 5) == 5);
	read_as_told(ep, fd, 0, 300 * KIB);
	CHECK(write(fd, "bye", 3) == 3);
	say("as told");
}

static void client(int port)
{
	int fd = dial(port);
	char buf[8];

	CHECK(recv(fd, buf, 5, MSG_WAITALL) == 5);
	write_all(fd, 0, 300 * KIB);
	CHECK(recv(fd, buf, 3, MSG_WAITALL) == 3);
}

CLAIM(server, client)
