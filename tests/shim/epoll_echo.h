/* SPDX-License-Identifier: Apache-2.0 */
/* A non-blocking epoll server that echoes, and a client that asks much of it. */
#ifndef SVIDWRAP_TESTS_SHIM_EPOLL_ECHO_H
#define SVIDWRAP_TESTS_SHIM_EPOLL_ECHO_H

#include <sys/epoll.h>

#include "stream.h"

#define ECHO_CLIENTS 100
#define ECHO_ROUNDS 3

struct echo_conn {
	int fd;
	size_t from, to; /* what is still to be written */
	char buf[4096];
};

/* Writes what it can of what is pending. */
static inline void echo_flush(struct echo_conn *c)
{
	while (c->from < c->to) {
		ssize_t n = write(c->fd, c->buf + c->from, c->to - c->from);
		if (n < 0) {
			CHECK(errno == EAGAIN);
			return;
		}
		c->from += (size_t)n;
	}
}

/* Whether the connection goes on. */
static inline bool echo_pump(struct echo_conn *c, bool once)
{
	for (;;) {
		echo_flush(c);
		if (c->from < c->to)
			return true;
		ssize_t n = read(c->fd, c->buf, sizeof(c->buf));
		if (n == 0)
			return false;
		if (n < 0) {
			CHECK(errno == EAGAIN);
			return true;
		}
		c->from = 0;
		c->to = (size_t)n;
		if (once) {
			echo_flush(c);
			return true;
		}
	}
}

static inline void echo_watch(int ep, int op, int fd, uint32_t events, void *p)
{
	struct epoll_event ev = { .events = events, .data.ptr = p };

	CHECK(epoll_ctl(ep, op, fd, &ev) == 0);
}

/* Level-triggered: one read for each event, POLLOUT asked for when needed. */
static inline bool echo_event(int ep, struct echo_conn *c, bool edge)
{
	bool alive = echo_pump(c, !edge);

	if (alive && !edge)
		echo_watch(ep, EPOLL_CTL_MOD, c->fd,
			   c->from < c->to ? EPOLLOUT : EPOLLIN, c);
	return alive;
}

static inline void echo_accept(int ep, int listener, bool edge, int *accepted)
{
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0) {
			CHECK(errno == EAGAIN);
			return;
		}
		struct echo_conn *c = calloc(1, sizeof(*c));
		CHECK(c);
		c->fd = fd;
		++*accepted;
		echo_watch(ep, EPOLL_CTL_ADD, fd,
			   edge ? EPOLLIN | EPOLLOUT | EPOLLET : EPOLLIN, c);
	}
}

/* Until so many clients have ended. */
static inline void echo_server(int port, bool edge, int clients)
{
	int listener = listen_on(port);
	int ep = epoll_create1(EPOLL_CLOEXEC);
	int accepted = 0, ended = 0;

	CHECK(ep >= 0);
	set_nonblocking(listener, true);
	echo_watch(ep, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
	while (ended < clients) {
		struct epoll_event ev[16];
		int n = epoll_wait(ep, ev, 16, 10000);
		CHECK(n > 0);
		for (int i = 0; i < n; i++) {
			struct echo_conn *c = ev[i].data.ptr;
			if (!c) {
				echo_accept(ep, listener, edge, &accepted);
			} else if (!echo_event(ep, c, edge)) {
				close(c->fd);
				free(c);
				ended++;
			}
		}
	}
	say("%d accepted, %d ended", accepted, ended);
}

/* All connections are open at once; each sends more than it reads at a time. */
static inline void echo_client(int port)
{
	int fd[ECHO_CLIENTS];

	for (int i = 0; i < ECHO_CLIENTS; i++)
		fd[i] = dial(port);
	uint64_t off[ECHO_CLIENTS] = { 0 };
	for (int round = 0; round < ECHO_ROUNDS; round++) {
		for (int i = 0; i < ECHO_CLIENTS; i++)
			write_all(fd[i], off[i], 1 + (size_t)(i * 331 * (round + 1)) % 20000);
		for (int i = 0; i < ECHO_CLIENTS; i++) {
			size_t n = 1 + (size_t)(i * 331 * (round + 1)) % 20000;
			read_exactly(fd[i], off[i], n);
			off[i] += n;
		}
	}
	for (int i = 0; i < ECHO_CLIENTS; i++) {
		CHECK(shutdown(fd[i], SHUT_WR) == 0);
		expect_eof(fd[i]);
		close(fd[i]);
	}
}

#endif
