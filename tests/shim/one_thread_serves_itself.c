/* SPDX-License-Identifier: Apache-2.0 */
/* run: alone */
/* Both ends in one thread, blocking, as the tests of many a library have it; and a client
 * thread that must have connected before the other serves it. */
#include "stream.h"

static void *dials(void *arg)
{
	static int fd;

	fd = dial(*(int *)arg);
	return &fd;
}

static void exchange(int a, int b, size_t n)
{
	write_all(a, 0, n);
	read_exactly(b, 0, n);
	write_all(b, 0, n);
	read_exactly(a, 0, n);
}

static void end(int a, int b)
{
	CHECK(shutdown(a, SHUT_WR) == 0);
	expect_eof(b);
	close(b);
	expect_eof(a);
	close(a);
}

static void alone(int port)
{
	int listener = listen_on(port), a, b;
	pthread_t t;
	void *ret;

	a = dial(port);
	b = accept_one(listener);
	exchange(a, b, 10000);
	end(a, b);
	say("client first");
	a = dial(port);
	b = accept_one(listener);
	exchange(b, a, 100);
	end(b, a);
	say("server first");
	a = dial(port);
	write_all(a, 0, 5000); /* before anybody has accepted */
	b = accept_one(listener);
	read_exactly(b, 0, 5000);
	end(b, a);
	say("before accept");
	a = dial(port);
	write_all(a, 0, 300);
	close(a);
	b = accept_one(listener);
	read_exactly(b, 0, 300);
	expect_eof(b);
	close(b);
	say("closed before accept");
	CHECK(pthread_create(&t, NULL, dials, &port) == 0 && pthread_join(t, &ret) == 0);
	b = accept_one(listener);
	exchange(*(int *)ret, b, 5000);
	end(b, *(int *)ret);
	say("in another thread");
}

CLAIM_ALONE(alone)
