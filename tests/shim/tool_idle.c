/* SPDX-License-Identifier: Apache-2.0 */
/* run: tool */
/*
 * server: six connections, each with a thread that waits in its own way; none has anything
 * to do. client: makes them, sends 1,000 bytes on each if CLAIM_DIR/half is there (the
 * relay holds back a part), and waits in read.
 */
#include <sys/epoll.h>
#include <sys/select.h>

#include "stream.h"

static void wait_in_poll(int fd)
{
	poll_one(fd, POLLIN, -1);
}

static void wait_in_select(int fd)
{
	fd_set in;

	FD_ZERO(&in);
	FD_SET(fd, &in);
	CHECK(select(fd + 1, &in, NULL, NULL, NULL) == 1);
}

static int epoll_of(int fd, uint32_t how)
{
	struct epoll_event ev = { .events = EPOLLIN | how };
	int ep = epoll_create1(0);

	CHECK(ep >= 0 && epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev) == 0);
	return ep;
}

static void wait_in_epoll(int ep)
{
	struct epoll_event ev;

	CHECK(epoll_wait(ep, &ev, 1, -1) == 1);
}

/* Reads what there is; false: the end. */
static bool drain(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	return n < 0 && errno == EAGAIN;
}

struct waiter {
	int fd, way;
};

static void *waits(void *arg)
{
	struct waiter *w = arg;
	int ep = -1;

	greet_client(w->fd);
	set_nonblocking(w->fd, w->way != 0);
	if (w->way >= 3)
		ep = epoll_of(w->fd, w->way == 4 ? EPOLLET : w->way == 5 ? EPOLLRDHUP : 0);
	while (drain(w->fd)) {
		if (w->way == 1)
			wait_in_poll(w->fd);
		else if (w->way == 2)
			wait_in_select(w->fd);
		else
			wait_in_epoll(ep);
	}
	return NULL;
}

#define WAYS 6

static void server(int port)
{
	static struct waiter w[WAYS];
	pthread_t threads[WAYS];
	int listener = listen_on(port);

	for (int i = 0; i < WAYS; i++) {
		w[i] = (struct waiter){ accept_one(listener), i };
		CHECK(pthread_create(&threads[i], NULL, waits, &w[i]) == 0);
	}
	for (int i = 0; i < WAYS; i++)
		pthread_join(threads[i], NULL);
}

static void client(int port)
{
	int fds[WAYS];
	char path[512];

	for (int i = 0; i < WAYS; i++) {
		fds[i] = dial(port);
		greet_server(fds[i]);
	}
	meeting_path(path, "half");
	for (int i = 0; i < WAYS && access(path, F_OK) == 0; i++)
		write_all(fds[i], 0, 1000);
	tell("up");
	expect_eof(fds[0]);
}

CLAIM(server, client)
