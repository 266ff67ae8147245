/* SPDX-License-Identifier: Apache-2.0 */
/* As socat: the accepted socket blocks, select says when to read, and until then there is
 * something to say. */
#include <sys/select.h>

#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port), rounds = 0;
	struct timeval tv = { 0, 0 };
	char c;

	for (bool spoke = false; !spoke; rounds++) {
		fd_set in, out;

		FD_ZERO(&in);
		FD_ZERO(&out);
		FD_SET(fd, &in);
		FD_SET(fd, &out);
		pause_ms(20); /* let the client's bytes come first */
		CHECK(select(fd + 1, &in, &out, NULL, NULL) > 0);
		if (FD_ISSET(fd, &in))
			CHECK(read(fd, &c, 1) == -2); /* it has said nothing */
		if (FD_ISSET(fd, &out) && rounds > 5) {
			CHECK(write(fd, "hello", 5) == 5);
			spoke = true;
		}
	}
	/* Nothing for the program: select sleeps as long as it is told. */
	fd_set in;
	FD_ZERO(&in);
	FD_SET(fd, &in);
	tv.tv_usec = 50000;
	show("idle", select(fd + 1, &in, NULL, NULL, &tv));
	say("left %ld", (long)tv.tv_usec);
	tell("looked");
	CHECK(poll_one(fd, POLLIN, 10000) == POLLIN);
	CHECK(read(fd, &c, 1) == 1 && c == 'x');
	show_events("no more", poll_one(fd, POLLIN, 0));
}

static void client(int port)
{
	int fd = dial(port);
	char buf[5];

	CHECK(recv(fd, buf, 5, MSG_WAITALL) == 5);
	await("looked");
	CHECK(write(fd, "x", 1) == 1);
	CHECK(read(fd, buf, 1) == 0);
}

CLAIM(server, client)
