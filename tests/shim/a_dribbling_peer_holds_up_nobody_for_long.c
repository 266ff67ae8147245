/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused */
/* One peer sends the beginning of a handshake byte by byte; the server, which does not
 * block, goes on with another all the while. The one that dribbles speaks to the
 * kernel itself. */
#include <sys/epoll.h>

#include "stream.h"

#define DRIBBLES 30

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void server(int port)
{
	int listener = listen_on(port), slow = accept_one(listener), fast = accept_one(listener);
	double longest = 0;
	struct pollfd p[2] = { { slow, POLLIN, 0 }, { fast, POLLIN, 0 } };
	char buf[64];
	int answered = 0;

	set_nonblocking(slow, true);
	set_nonblocking(fast, true);
	for (;;) {
		CHECK(poll(p, 2, 10000) > 0);
		if (p[0].revents) {
			double from = now();
			ssize_t r = read(slow, buf, sizeof(buf));
			CHECK(r < 0 && errno == EAGAIN);
			if (now() - from > longest)
				longest = now() - from;
		}
		if (p[1].revents) {
			ssize_t r = read(fast, buf, 1);
			CHECK(r >= 0 || errno == EAGAIN);
			if (r == 0)
				break;
			if (r == 1) {
				answered++;
				CHECK(write(fast, buf, 1) == 1);
			}
		}
	}
	/* 30 bytes, 100 ms apart: as long as all of them without a bound */
	CHECK(longest < 1);
	CHECK(answered > 100);
}

/* A socket that the shim has not seen: made by a raw child. */
static void dribble(int fd)
{
	static const unsigned char hello[] = { 22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3 };

	for (int i = 0; i < DRIBBLES; i++) {
		unsigned char b = i < (int)sizeof(hello) ? hello[i] : 0;
		long r;

		__asm__ volatile("syscall" : "=a"(r) : "0"(1L), "D"((long)fd), "S"(&b), "d"(1L)
				 : "rcx", "r11", "memory");
		CHECK(r == 1);
		pause_ms(100);
	}
}

static void client(int port)
{
	struct sockaddr_in sin = loopback(port);
	int slow = socket(AF_INET, SOCK_STREAM, 0);
	long r;
	char c;

	__asm__ volatile("syscall" : "=a"(r) : "0"(42L), "D"((long)slow), "S"(&sin), "d"((long)sizeof(sin))
			 : "rcx", "r11", "memory");
	CHECK(r == 0);
	pid_t pid = spawn_child();
	if (pid == 0) {
		dribble(slow);
		_exit(0);
	}
	int fast = dial(port);
	while (kill(pid, 0) == 0 && waitpid(pid, NULL, WNOHANG) == 0) {
		CHECK(write(fast, "x", 1) == 1);
		CHECK(read(fast, &c, 1) == 1);
		pause_ms(2);
	}
	close(fast);
}

CLAIM(server, client)
