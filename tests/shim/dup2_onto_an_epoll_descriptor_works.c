/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* As libuv's children do: their connection becomes 3, which was the parent's epoll. */
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port), at[2] = { epoll_create1(0), eventfd(0, 0) };

	CHECK(at[0] >= 0 && at[1] >= 0);
	for (int i = 0; i < 2; i++) {
		CHECK(dup2(fd, at[i]) == at[i]);
		read_exactly(at[i], (uint64_t)i * 1000, 1000);
		write_all(at[i], (uint64_t)i * 1000, 1000);
		close(at[i]);
	}
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);

	write_all(fd, 0, 2000);
	read_exactly(fd, 0, 2000);
	expect_eof(fd);
	close(fd);
}

CLAIM(server, client)
