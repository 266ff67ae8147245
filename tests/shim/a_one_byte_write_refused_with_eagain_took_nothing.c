/* SPDX-License-Identifier: Apache-2.0 */
/* Whoever is told EAGAIN may write something else next time. */
#include "claim.h"

#define ROUNDS 3

static void server(int port)
{
	int fd = serve_one(port), small = 4096;
	char text[64];
	unsigned n = 0;
	ssize_t r;

	greet_client(fd);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small) == 0);
	for (int round = 0; round < ROUNDS; round++) {
		set_nonblocking(fd, true);
		while ((r = write(fd, "x", 1)) == 1)
			n++;
		CHECK(r == -1 && errno == EAGAIN);
		char name[32];
		snprintf(name, sizeof name, "full-%d", round);
		tell(name);
		set_nonblocking(fd, false);
		int len = snprintf(text, sizeof text, "!%u.", n);
		for (int i = 0; i < len; i++)
			CHECK(write(fd, text + i, 1) == 1);
	}
	close(fd);
}

static char next_char(int fd)
{
	static char buf[4096];
	static ssize_t at, len;

	if (at == len) {
		len = read(fd, buf, sizeof buf);
		CHECK(len > 0);
		at = 0;
	}
	return buf[at++];
}

static void client(int port)
{
	int fd = dial(port), small = 4096;
	unsigned n = 0;

	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small) == 0);
	greet_server(fd);
	for (int round = 0; round < ROUNDS; round++) {
		unsigned said = 0;
		char c, name[32];
		snprintf(name, sizeof name, "full-%d", round);
		await(name);
		while ((c = next_char(fd)) == 'x')
			n++;
		CHECK(c == '!');
		while ((c = next_char(fd)) != '.')
			said = said * 10 + (unsigned)(c - '0');
		CHECK(said == n);
	}
	expect_eof(fd);
}

CLAIM(server, client)
