/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/select.h>

#include "stream.h"

static void show_select(const char *what, int fd, long ms)
{
	fd_set r, w, x;
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(fd, &r);
	FD_SET(fd, &w);
	FD_SET(fd, &x);
	int n = select(fd + 1, &r, &w, &x, &tv);
	say("%s: %d%s%s%s", what, n, FD_ISSET(fd, &r) ? " readable" : "",
	    FD_ISSET(fd, &w) ? " writable" : "", FD_ISSET(fd, &x) ? " exception" : "");
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	show_select("idle", fd, 0);
	tell("idle");
	await("written");
	show_select("with data", fd, 0);
	read_exactly(fd, 0, 999);
	show_select("with one byte", fd, 0);
	read_exactly(fd, 999, 1);
	show_select("read up", fd, 0);
	tell("read");
	await("closed");
	show_select("at the end", fd, 0);
	expect_eof(fd);
	show_select("after the end", fd, 0);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	await("idle");
	write_all(fd, 0, 1000);
	tell("written");
	await("read");
	close(fd);
	tell("closed");
}

CLAIM(server, client)
