/* SPDX-License-Identifier: Apache-2.0 */
/* run: alone no-tls */
#include "claim.h"

static void alone(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int err = -1;
	socklen_t len = sizeof(err);
	char c;

	show("connect", try_connect(fd, port));
	show("read", read(fd, &c, 1));
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	show("connect", try_connect(fd, port));
	show_events("poll", poll_one(fd, POLLIN | POLLOUT, 5000));
	CHECK(getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0);
	say("SO_ERROR %s", errno_name(err));
	CHECK(err == ECONNREFUSED);
}

CLAIM_ALONE(alone)
