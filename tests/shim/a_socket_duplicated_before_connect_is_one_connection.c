/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 9000);
	write_all(fd, 0, 6000);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), twin = dup(fd);
	int third = fcntl(twin, F_DUPFD_CLOEXEC, 100);

	CHECK(fd >= 0 && twin >= 0 && third >= 100);
	show("connect", try_connect(fd, port));
	write_all(twin, 0, 3000);
	write_all(fd, 3000, 3000);
	write_all(third, 6000, 3000);
	read_exactly(twin, 0, 3000);
	close(fd);
	close(twin);
	read_exactly(third, 3000, 3000);
	close(third);
}

CLAIM(server, client)
