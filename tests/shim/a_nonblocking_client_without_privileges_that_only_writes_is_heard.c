/* SPDX-License-Identifier: Apache-2.0 */
/* It writes at the first POLLOUT and looks at the socket no more; no thread does it
 * instead. */
#include <sys/prctl.h>

#include "lingering.h"

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 3000);
	tell("heard");
	expect_eof(fd);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	char buf[3000];

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	fill(buf, sizeof(buf), 0);
	show("connect", try_connect(fd, port));
	CHECK(poll_one(fd, POLLOUT, 5000) == POLLOUT);
	CHECK(write(fd, buf, sizeof(buf)) == sizeof(buf));
	CHECK(threads() == 1);
	await("heard");
	close(fd);
}

CLAIM(server, client)
