/* SPDX-License-Identifier: Apache-2.0 */
/* The silent one never calls anything after connect: under TLS no byte of a handshake is there either. */
#include <sys/epoll.h>

#include "stream.h"

static void watch(int ep, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };

	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
}

static void server(int port)
{
	int listener = listen_on(port), ep = epoll_create1(0), served = 0, accepted = 0;
	struct epoll_event ev;

	set_nonblocking(listener, true);
	watch(ep, listener);
	while (served < 3) {
		char buf[100];
		CHECK(epoll_wait(ep, &ev, 1, 5000) == 1);
		if (ev.data.fd == listener) {
			int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
			CHECK(fd >= 0);
			accepted++;
			watch(ep, fd);
			continue;
		}
		ssize_t n = read(ev.data.fd, buf, sizeof(buf));
		if (n < 0) {
			CHECK(errno == EAGAIN);
			continue;
		}
		if (n == 0) {
			close(ev.data.fd);
			served++;
			continue;
		}
		CHECK(write(ev.data.fd, buf, (size_t)n) == n);
	}
	say("%d accepted, %d served", accepted, served);
	tell("served");
}

static void client(int port)
{
	int silent = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	show("silent connect", try_connect(silent, port));
	for (int i = 0; i < 3; i++) {
		int fd = dial(port);
		write_all(fd, 0, 100);
		read_exactly(fd, 0, 100);
		close(fd);
	}
	await("served");
}

CLAIM(server, client)
