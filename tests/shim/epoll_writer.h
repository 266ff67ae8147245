/* SPDX-License-Identifier: Apache-2.0 */
/* A non-blocking writer of 16 MiB that goes on only when epoll wakes it, and its reader. */
#ifndef SVIDWRAP_TESTS_SHIM_EPOLL_WRITER_H
#define SVIDWRAP_TESTS_SHIM_EPOLL_WRITER_H

#include <sys/epoll.h>

#include "stream.h"

#define TOTAL (16 * MIB)

static inline void read_16_mib(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	await("full");
	say("%llu bytes", (unsigned long long)read_to_end(fd, 0, 10000));
	CHECK(errno == 0);
}

static inline void write_when_woken(int port, uint32_t events)
{
	int fd = dial(port), ep = epoll_create1(0), refused = 0;
	struct epoll_event ev = { .events = events };
	static char buf[TOTAL];
	size_t done = 0;

	fill(buf, sizeof(buf), 0);
	greet_server(fd);
	set_nonblocking(fd, true);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	while (done < TOTAL) {
		CHECK(epoll_wait(ep, &ev, 1, 5000) == 1);
		for (;;) {
			size_t n = done % 3 ? 5000 : 100000;
			n = n < TOTAL - done ? n : TOTAL - done;
			ssize_t r = n ? write(fd, buf + done, n) : -1;
			if (r < 0)
				break;
			done += (size_t)r;
		}
		if (done < TOTAL) {
			CHECK(errno == EAGAIN);
			if (refused++ == 0)
				tell("full");
		}
	}
	CHECK(refused > 0);
	close(fd);
}

#endif
