/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/ioctl.h>

#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	int on = 1, off = 0;
	char c;

	greet_client(fd);
	show("FIONBIO 1", ioctl(fd, FIONBIO, &on));
	say("O_NONBLOCK %s", fcntl(fd, F_GETFL) & O_NONBLOCK ? "set" : "clear");
	show("read", read(fd, &c, 1));
	show("FIONBIO 0", ioctl(fd, FIONBIO, &off));
	say("O_NONBLOCK %s", fcntl(fd, F_GETFL) & O_NONBLOCK ? "set" : "clear");
	tell("tried");
	show("read", read(fd, &c, 1));
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	await("tried");
	pause_ms(100);
	write_all(fd, 0, 1);
	close(fd);
}

CLAIM(server, client)
