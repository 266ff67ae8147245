/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	say("%llu bytes", (unsigned long long)read_to_end(fd, 0, 1000));
	CHECK(errno == 0);
	tell("ended");
	await("tried");
}

static void client(int port)
{
	int fd = dial(port);
	char c;

	signal(SIGPIPE, SIG_IGN);
	greet_server(fd);
	write_all(fd, 0, 10000);
	show("shutdown", shutdown(fd, SHUT_RDWR));
	show("read", read(fd, &c, 1));
	show("write", write(fd, "x", 1));
	await("ended");
	show("close", close(fd));
	tell("tried");
}

CLAIM(server, client)
