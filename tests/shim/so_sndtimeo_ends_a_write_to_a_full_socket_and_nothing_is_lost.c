/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define TOTAL (64 * MIB)

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	await("full");
	say("%llu bytes", (unsigned long long)read_to_end(fd, 0, 64 * KIB));
	CHECK(errno == 0);
}

static void client(int port)
{
	int fd = dial(port);
	struct timeval tv = { 0, 300000 };
	char *buf = malloc(TOTAL);

	CHECK(buf);
	fill(buf, TOTAL, 0);
	greet_server(fd);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == 0);
	size_t n = 0;
	ssize_t r;
	/* Each takes less than it was given; the window may grow a little more. */
	while ((r = write(fd, buf + n, TOTAL - n)) > 0) {
		n += (size_t)r;
		CHECK(n < TOTAL);
	}
	CHECK(n > 0);
	show("write to the full socket", r);
	tv = (struct timeval){ 0, 0 };
	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv)) == 0);
	tell("full");
	CHECK(write(fd, buf + n, TOTAL - n) == (ssize_t)(TOTAL - n));
	close(fd);
}

CLAIM(server, client)
