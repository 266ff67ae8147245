/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server leaves its client alone for a while; what the client writes until then
 * fills whatever holds it. Once there is room again an edge must say so, to a program
 * that asked for EPOLLOUT and nothing else.
 */
#include <sys/epoll.h>

#include "stream.h"

#define TOTAL MIB

static void server(int port)
{
	int fd = serve_one(port);

	await("full");
	pause_ms(200);
	read_exactly(fd, 0, TOTAL);
	expect_eof(fd);
}

static void client(int port)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	int fd = socket(AF_INET, SOCK_STREAM, 0), ep = epoll_create1(0);
	char *data = malloc(TOTAL);
	size_t done = 0;

	CHECK(data && ep >= 0);
	fill(data, TOTAL, 0);
	set_nonblocking(fd, true);
	CHECK(try_connect(fd, port) == 0 || errno == EINPROGRESS);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	while (done < TOTAL) {
		CHECK(epoll_wait(ep, &ev, 1, 5000) == 1 && ev.events & EPOLLOUT);
		ssize_t n = 0;
		while (done < TOTAL && (n = write(fd, data + done, TOTAL - done)) > 0)
			done += (size_t)n;
		CHECK(n > 0 || errno == EAGAIN);
		tell("full");
	}
	close(fd);
	free(data);
}

CLAIM(server, client)
