/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include <sys/uio.h>

#include "stream.h"

static void client(int port)
{
	char buf[1000];
	struct iovec iov[2] = { { buf, 400 }, { buf + 400, 600 } };
	int fd = dial(port);

	greet_server(fd);
	show("nothing there", preadv2(fd, iov, 2, -1, RWF_NOWAIT));
	fill(buf, sizeof(buf), 0);
	show("pwritev2", pwritev2(fd, iov, 2, -1, 0));
	show("with an offset", pwritev2(fd, iov, 2, 0, 0));
	show("unknown flag", pwritev2(fd, iov, 2, -1, 1 << 20));
	show("pread", pread(fd, buf, 10, 0));
	show("pwrite", pwrite(fd, buf, 10, 0));
	expect_eof(fd);
}

static void server(int port)
{
	char buf[1000];
	struct iovec iov[2] = { { buf, 400 }, { buf + 400, 600 } };
	int fd = serve_one(port);

	greet_client(fd);
	CHECK(poll_one(fd, POLLIN, 10000) & POLLIN);
	show("preadv2", preadv2(fd, iov, 2, -1, 0));
	CHECK(matches(buf, sizeof(buf), 0));
	show("with an offset", preadv2(fd, iov, 2, 0, 0));
	show("of nothing", preadv2(fd, iov, 0, -1, 0));
}

CLAIM(server, client)
