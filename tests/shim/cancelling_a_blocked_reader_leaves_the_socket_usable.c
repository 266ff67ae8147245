/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void *blocked(void *arg)
{
	char c;

	show("read", read(*(int *)arg, &c, 1));
	return NULL;
}

static void server(int port)
{
	int fd = serve_one(port);
	void *ret = NULL;
	pthread_t t;

	greet_client(fd);
	for (int i = 0; i < 3; i++) {
		CHECK(pthread_create(&t, NULL, blocked, &fd) == 0);
		pause_ms(50);
		CHECK(pthread_cancel(t) == 0);
		CHECK(pthread_join(t, &ret) == 0);
		say("reader %s", ret == PTHREAD_CANCELED ? "cancelled" : "returned");
	}
	write_all(fd, 0, 30000);
	read_exactly(fd, 0, 30000);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	read_exactly(fd, 0, 30000);
	write_all(fd, 0, 30000);
	close(fd);
}

CLAIM(server, client)
