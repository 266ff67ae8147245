/* SPDX-License-Identifier: Apache-2.0 */
/* run: tool */
/*
 * client, with nobody to speak as: one thread waits in connect; meanwhile the other
 * connects without blocking, writes and forks, none of which may take long. Says
 * so, and how the connection ended, and whether poll told. server: says and closes
 * nothing.
 */
#include "stream.h"

static long ms_since(const struct timespec *t)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - t->tv_sec) * 1000 + (now.tv_nsec - t->tv_nsec) / 1000000;
}

static void *wait_in_connect(void *port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	show("blocking connect", try_connect(fd, *(int *)port));
	return NULL;
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	struct timespec began;
	pthread_t other;
	char buf[1000];
	ssize_t n;

	fill(buf, sizeof(buf), 0);
	CHECK(pthread_create(&other, NULL, wait_in_connect, &port) == 0);
	pause_ms(300);
	clock_gettime(CLOCK_MONOTONIC, &began);
	int r = try_connect(fd, port);
	CHECK(r == 0 || errno == EINPROGRESS);
	CHECK(poll_one(fd, POLLOUT, 1000) == POLLOUT);
	CHECK(send(fd, buf, sizeof(buf), MSG_NOSIGNAL) == sizeof(buf));
	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	reap(pid);
	say("%s", ms_since(&began) < 700 ? "nothing took long" : "something took long");
	say("%s", poll_one(fd, POLLIN, 8000) ? "poll told" : "poll told nothing");
	n = read(fd, buf, sizeof(buf));
	show("read", n);
	pthread_join(other, NULL);
}

static void server(int port)
{
	listen_on(port);
	pause();
}

CLAIM(server, client)
