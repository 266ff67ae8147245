/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int listener = listen_on(port);

	int fd = accept_one(listener);
	greet_client(fd);
	say("first: %llu bytes", (unsigned long long)read_to_end(fd, 0, 100));
	show("end", errno ? -1 : 0);
	close(fd);
	fd = accept_one(listener);
	greet_client(fd);
	say("second: %llu bytes", (unsigned long long)read_to_end(fd, 0, 100));
	show("end", errno ? -1 : 0);
}

static void client(int port)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd = dial(port);
	char c;

	greet_server(fd);
	show("disconnect", connect(fd, &none, sizeof(none)));
	show("read", read(fd, &c, 1));
	show("connect", try_connect(fd, port));
	greet_server(fd);
	write_all(fd, 0, 3000);
	close(fd);
}

CLAIM(server, client)
