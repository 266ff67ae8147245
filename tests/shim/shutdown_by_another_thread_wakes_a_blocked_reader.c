/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void *blocked(void *arg)
{
	char c;

	return (void *)(intptr_t)read(*(int *)arg, &c, 1);
}

static void server(int port)
{
	int fd = serve_one(port);
	pthread_t t;
	void *ret;

	greet_client(fd);
	CHECK(pthread_create(&t, NULL, blocked, &fd) == 0);
	pause_ms(100);
	show("shutdown", shutdown(fd, SHUT_RDWR));
	CHECK(pthread_join(t, &ret) == 0);
	say("the blocked read = %ld", (long)(intptr_t)ret);
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	expect_eof(fd);
}

CLAIM(server, client)
