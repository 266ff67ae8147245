/* SPDX-License-Identifier: Apache-2.0 */
/* The peer goes on after the close: what it does is nobody's event, also when another socket
 * has the number. By epoll, level-triggered, and by SIGIO. */
#include <sys/epoll.h>

#include "stream.h"

static volatile sig_atomic_t signals;

static void on_io(int sig)
{
	signals++;
}

static int watch(int ep, int fd, uint32_t tag)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLRDHUP, .data.u32 = tag };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
}

static void show_wait(const char *what, int ep, int ms)
{
	struct epoll_event ev = { 0 };
	int n = epoll_wait(ep, &ev, 1, ms);

	say("%s: %d, tag %u%s%s", what, n, n > 0 ? ev.data.u32 : 0,
	    n > 0 && ev.events & EPOLLIN ? " EPOLLIN" : "",
	    n > 0 && ev.events & EPOLLRDHUP ? " EPOLLRDHUP" : "");
}

static void server(int port)
{
	int listener = listen_on(port), eps[2] = { epoll_create1(0), epoll_create1(0) };

	signal(SIGIO, on_io);
	for (int turn = 0; turn < 2; turn++) {
		int fd = accept_one(listener);

		greet_client(fd);
		CHECK(watch(eps[0], fd, 1) == 0 && watch(eps[1], fd, 2) == 0);
		CHECK(fcntl(fd, F_SETOWN, getpid()) == 0 && fcntl(fd, F_SETFL, O_RDWR | O_ASYNC) == 0);
		write_all(fd, 0, 300000); /* the peer reads it when it is told to */
		if (turn == 1)
			CHECK(shutdown(fd, SHUT_WR) == 0);
		close(fd);
		signals = 0;
		tell(turn ? "closed again" : "closed");
		int next = accept_one(listener);
		CHECK(next == fd);
		greet_client(next);
		CHECK(watch(eps[0], next, 3) == 0);
		tell(turn ? "looking again" : "looking");
		show_wait("while the peer ends", eps[turn], 700);
		show_wait("after the end", eps[!turn], 0);
		await_file(turn ? "ended again" : "ended");
		say("signals: %d", (int)signals);
		tell(turn ? "looked again" : "looked");
		show_wait("the next one", eps[0], 5000);
		read_exactly(next, 0, 100);
		close(next);
		show_wait("at last", eps[0], 0);
	}
}

static void client(int port)
{
	for (int turn = 0; turn < 2; turn++) {
		int fd = dial(port), next;

		greet_server(fd);
		await(turn ? "closed again" : "closed");
		next = dial(port);
		greet_server(next);
		await(turn ? "looking again" : "looking");
		read_exactly(fd, 0, 300000);
		expect_eof(fd);
		close(fd);
		tell(turn ? "ended again" : "ended");
		await(turn ? "looked again" : "looked");
		write_all(next, 0, 100);
		expect_eof(next);
		close(next);
	}
}

CLAIM(server, client)
