/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static long since_ms(const struct timespec *from)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (now.tv_sec - from->tv_sec) * 1000 + (now.tv_nsec - from->tv_nsec) / 1000000;
}

static void server(int port)
{
	int fd = serve_one(port);
	struct timeval tv = { 0, 150000 };
	struct timespec began;
	char buf[100];

	greet_client(fd);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	for (int i = 0; i < 2; i++) {
		clock_gettime(CLOCK_MONOTONIC, &began);
		show("read", read(fd, buf, sizeof(buf)));
		CHECK(since_ms(&began) >= 140 && since_ms(&began) < 3000);
	}
	tell("expired");
	tv = (struct timeval){ 5, 0 };
	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	show("read in time", read(fd, buf, sizeof(buf)));
	CHECK(matches(buf, 100, 0));
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	await("expired");
	pause_ms(50);
	write_all(fd, 0, 100);
	expect_eof(fd);
}

CLAIM(server, client)
