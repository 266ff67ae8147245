/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused */
/*
 * Another effective user is another caller: the agent must say anew who it is. Here
 * that user cannot reach the agent's socket, so there is no identity and no packet
 * goes out (nobody listens any more: a connect would say ECONNREFUSED).
 */
#include "claim.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	expect_eof(fd);
	close(fd);
	tell("closed");
}

static void client(int port)
{
	if (geteuid() != 0)
		exit(SKIPPED);
	int fd = dial(port);
	greet_server(fd);
	close(fd);
	await("closed");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(try_connect(fd, port) == -1 && errno == ECONNREFUSED);
	CHECK(seteuid(65534) == 0);
	show("as another user", try_connect(fd, port));
	CHECK(errno == ETIMEDOUT);
	close(fd);
}

CLAIM(server, client)
