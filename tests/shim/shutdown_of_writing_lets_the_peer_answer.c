/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	say("question: %llu bytes", (unsigned long long)read_to_end(fd, 0, 5000));
	CHECK(errno == 0);
	expect_eof(fd);
	pause_ms(50);
	write_all(fd, 0, 5 * MIB);
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);

	write_all(fd, 0, 30000);
	show("shutdown", shutdown(fd, SHUT_WR));
	signal(SIGPIPE, SIG_IGN);
	show("write", write(fd, "x", 1));
	say("answer: %llu bytes", (unsigned long long)read_to_end(fd, 0, 10000));
	CHECK(errno == 0);
	close(fd);
}

CLAIM(server, client)
