/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	await("written");
	close(fd);
	tell("closed");
	await("tried");
}

static void client(int port)
{
	int fd = dial(port);
	char c;

	signal(SIGPIPE, SIG_IGN);
	greet_server(fd);
	write_all(fd, 0, 1000);
	tell("written");
	await("closed");
	for (int i = 0; i < 3000 && !(poll_one(fd, 0, 0) & POLLERR); i++)
		pause_ms(1);
	show("read", read(fd, &c, 1));
	show("read again", read(fd, &c, 1));
	show("write", write(fd, "x", 1));
	tell("tried");
}

CLAIM(server, client)
