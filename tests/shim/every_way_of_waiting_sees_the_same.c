/* SPDX-License-Identifier: Apache-2.0 */
/* pselect, ppoll, epoll_pwait, EPOLLEXCLUSIVE, EPOLLRDHUP and SIGIO: before there are data, with them, and at the end. */
#include <sys/epoll.h>
#include <sys/select.h>

#include "stream.h"

static volatile sig_atomic_t signals;

static void on_sigio(int sig)
{
	(void)sig;
	signals++;
}

static int selected(int fd, long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	fd_set in;
	int n;

	FD_ZERO(&in);
	FD_SET(fd, &in);
	n = pselect(fd + 1, &in, NULL, NULL, &t, NULL);
	CHECK(n < 0 || n == FD_ISSET(fd, &in));
	return n;
}

static int polled(int fd, long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDHUP };

	return ppoll(&p, 1, &t, NULL) < 0 ? -1 : p.revents;
}

static unsigned waited(int ep, int ms)
{
	struct epoll_event ev;
	int n = epoll_pwait(ep, &ev, 1, ms, NULL);

	return n == 1 ? ev.events : 0;
}

/* Until the signal has come, at most 5 s. */
static void await_signal(void)
{
	for (int i = 0; !signals && i < 5000; i++)
		pause_ms(1);
}

static void look(const char *when, int fd, const int ep[2], int ms)
{
	say("%s: ppoll %#x", when, (unsigned)polled(fd, ms));
	show("pselect", selected(fd, ms));
	say("exclusive %#x, with RDHUP %#x", waited(ep[0], ms), waited(ep[1], ms));
}

static void server(int port)
{
	int fd = serve_one(port), ep[2] = { epoll_create1(0), epoll_create1(0) };
	struct epoll_event exclusive = { .events = EPOLLIN | EPOLLEXCLUSIVE };
	struct epoll_event rdhup = { .events = EPOLLIN | EPOLLRDHUP };

	greet_client(fd);
	CHECK(epoll_ctl(ep[0], EPOLL_CTL_ADD, fd, &exclusive) == 0);
	CHECK(epoll_ctl(ep[1], EPOLL_CTL_ADD, fd, &rdhup) == 0);
	look("nothing", fd, ep, 20);
	signal(SIGIO, on_sigio);
	CHECK(fcntl(fd, F_SETOWN, getpid()) == 0);
	CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_ASYNC) == 0);
	signals = 0;
	tell("armed");
	await_signal();
	say("SIGIO came: %d", signals > 0);
	CHECK(fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_ASYNC) == 0);
	look("data", fd, ep, 5000);
	read_exactly(fd, 0, 3000);
	look("read", fd, ep, 20);
	tell("read");
	CHECK(poll_one(fd, POLLRDHUP, 5000));
	look("the end", fd, ep, 5000);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	await("armed");
	write_all(fd, 0, 3000);
	await("read");
	CHECK(shutdown(fd, SHUT_WR) == 0);
	expect_eof(fd);
	close(fd);
}

CLAIM(server, client)
