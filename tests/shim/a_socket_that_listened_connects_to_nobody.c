/* SPDX-License-Identifier: Apache-2.0 */
/* run: alone no-tls refused */
/* Linux lets it connect once it listens no more; stdio may be above one of its numbers. */
#include "claim.h"

static void refused(int fd, int port)
{
	struct sockaddr_in sin = loopback(port);

	CHECK(connect(fd, (struct sockaddr *)&sin, sizeof(sin)) == -1 && errno == EISCONN);
}

static void alone(int port)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = listen_on(port), again;

	CHECK(dup2(fd, 0) == 0);
	refused(0, port);
	CHECK(shutdown(fd, SHUT_RDWR) == 0);
	again = listen_on(port); /* it would be connected to this one */
	refused(fd, port);
	refused(0, port);
	CHECK(connect(fd, &none, sizeof(none)) == 0);
	refused(fd, port);
	refused(0, port);
	close(again);
	say("refused");
}

CLAIM_ALONE(alone)
