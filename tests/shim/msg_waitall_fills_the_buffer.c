/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	char buf[40000];

	greet_client(fd);
	show("recv", recv(fd, buf, sizeof(buf), MSG_WAITALL));
	CHECK(matches(buf, sizeof(buf), 0));
	show("recv cut short by the end", recv(fd, buf, sizeof(buf), MSG_WAITALL));
	CHECK(matches(buf, 500, 40000));
	show("recv at the end", recv(fd, buf, sizeof(buf), MSG_WAITALL));
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	for (int i = 0; i < 40; i++) {
		write_all(fd, (uint64_t)i * 1000, 1000);
		if (i % 8 == 0)
			pause_ms(5);
	}
	pause_ms(20);
	write_all(fd, 40000, 500);
	close(fd);
}

CLAIM(server, client)
