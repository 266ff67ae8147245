/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include "stream.h"

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	write_all(fd, 0, 40000);
	expect_eof(fd);
}

static void server(int port)
{
	char buf[100];
	int fd = serve_one(port);
	size_t dropped = 0;

	greet_client(fd);
	memset(buf, 'u', sizeof(buf));
	show("first", recv(fd, buf, 50, MSG_TRUNC | MSG_WAITALL));
	say("buffer %s", buf[0] == 'u' && buf[49] == 'u' ? "untouched" : "written");
	read_exactly(fd, 50, 1000);
	show("nowhere", recv(fd, NULL, 10, MSG_TRUNC));
	while (dropped < 30000) {
		ssize_t r = recv(fd, NULL, 30000 - dropped, MSG_TRUNC);

		CHECK(r > 0);
		dropped += (size_t)r;
	}
	read_exactly(fd, 31060, 40000 - 31060);
	show("none left", recv(fd, buf, 50, MSG_TRUNC | MSG_DONTWAIT));
}

CLAIM(server, client)
