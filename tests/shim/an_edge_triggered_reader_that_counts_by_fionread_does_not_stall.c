/* SPDX-License-Identifier: Apache-2.0 */
/* As nginx reads: after a read that filled its buffer it asks FIONREAD how much is left,
 * and when so much has been read it waits for the next edge. */
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include "stream.h"

#define TOTAL (24 * (size_t)MIB)

static size_t until_edge(int fd, size_t off)
{
	char buf[8192];
	int available = -1;

	while (available != 0) {
		ssize_t r = read(fd, buf, sizeof(buf));

		if (r < 0) {
			CHECK(errno == EAGAIN);
			return off;
		}
		CHECK(r > 0 && matches(buf, (size_t)r, off));
		off += (size_t)r;
		if (off == TOTAL || r < (ssize_t)sizeof(buf))
			return off;
		if (available < 0)
			CHECK(ioctl(fd, FIONREAD, &available) == 0);
		else
			available = available > r ? available - (int)r : 0;
	}
	return off;
}

static void server(int port)
{
	int fd = serve_one(port), ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	size_t off = 0;

	set_nonblocking(fd, true);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	while (off < TOTAL) {
		CHECK(epoll_wait(ep, &ev, 1, 10000) == 1);
		off = until_edge(fd, off);
	}
	CHECK(write(fd, "x", 1) == 1);
	say("read all");
}

static void client(int port)
{
	int fd = dial(port);
	char c;

	write_all(fd, 0, TOTAL);
	CHECK(read(fd, &c, 1) == 1);
}

CLAIM(server, client)
