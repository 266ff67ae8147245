/* SPDX-License-Identifier: Apache-2.0 */
/* TCP drops what it has not sent when unread data make close a reset: how much arrives is chance, that it is a
 * prefix and ends in ECONNRESET is not. */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	write_all(fd, 0, 100);
	tell("answered");
	await("closed");
	for (int i = 0; i < 3000 && !(poll_one(fd, 0, 0) & POLLERR); i++)
		pause_ms(1);
	uint64_t n = read_to_end(fd, 0, 3000);
	show("end", errno ? -1 : 0);
	CHECK(n <= 4000000);
}

static void client(int port)
{
	int fd = dial(port);
	char *buf = malloc(4000000);

	greet_server(fd);
	await("answered");
	fill(buf, 4000000, 0);
	CHECK(send(fd, buf, 4000000, MSG_DONTWAIT) > 0);
	close(fd);
	tell("closed");
}

CLAIM(server, client)
