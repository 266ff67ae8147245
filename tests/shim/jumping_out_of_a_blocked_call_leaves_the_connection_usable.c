/* SPDX-License-Identifier: Apache-2.0 */
/* alarm and siglongjmp, the old time-out: out of read, poll, accept, and connect to a server that
 * accepts late. */
#include <setjmp.h>
#include <sys/time.h>

#include "stream.h"

#define TURNS 20

static sigjmp_buf out;

static void jump(int sig)
{
	(void)sig;
	siglongjmp(out, 1);
}

static void soon(void)
{
	struct itimerval t = { .it_value = { 0, 20000 } };

	CHECK(setitimer(ITIMER_REAL, &t, NULL) == 0);
}

static void server(int port)
{
	int listener = listen_on(port), fd;

	signal(SIGALRM, jump);
	if (sigsetjmp(out, 1) == 0) {
		soon();
		accept(listener, NULL, NULL);
		CHECK(!"nobody had connected");
	}
	tell("listening");
	fd = accept_one(listener);
	greet_client(fd);
	close(fd);
	await("late");
	fd = accept_one(listener);
	greet_client(fd);
	for (volatile int i = 0; i < TURNS; i++) {
		char c;

		if (sigsetjmp(out, 1) == 0) {
			soon();
			if (i % 2)
				read(fd, &c, 1);
			else
				poll_one(fd, POLLIN, -1);
			CHECK(!"nobody had written");
		}
		write_all(fd, 0, 100);
		read_exactly(fd, 0, 100);
	}
	expect_eof(fd);
	close(fd);
	say("%d turns", TURNS);
}


/* It is at work for longer than the alarm waits. */
__attribute__((noinline)) static void first(int port)
{
	int fd = dial(port);

	greet_server(fd);
	close(fd);
}

static void client(int port)
{
	int fd;

	signal(SIGALRM, jump);
	await("listening");
	first(port);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (sigsetjmp(out, 1) == 0) {
		soon();
		try_connect(fd, port);
		pause();
	}
	tell("late");
	CHECK(try_connect(fd, port) == 0 || errno == EISCONN);
	greet_server(fd);
	for (int i = 0; i < TURNS; i++) {
		read_exactly(fd, 0, 100);
		write_all(fd, 0, 100);
	}
	close(fd);
}

CLAIM(server, client)
