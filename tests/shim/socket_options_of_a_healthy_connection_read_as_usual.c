/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void option(int fd, const char *name, int level, int opt)
{
	int value = -1;
	socklen_t len = sizeof(value);

	if (getsockopt(fd, level, opt, &value, &len) < 0)
		show(name, -1);
	else
		say("%s = %d, %u bytes", name, value, len);
}

static void options(int fd)
{
	option(fd, "SO_ERROR", SOL_SOCKET, SO_ERROR);
	option(fd, "SO_TYPE", SOL_SOCKET, SO_TYPE);
	option(fd, "SO_ACCEPTCONN", SOL_SOCKET, SO_ACCEPTCONN);
	option(fd, "SO_DOMAIN", SOL_SOCKET, SO_DOMAIN);
	option(fd, "SO_PROTOCOL", SOL_SOCKET, SO_PROTOCOL);
	option(fd, "SO_KEEPALIVE", SOL_SOCKET, SO_KEEPALIVE);
	option(fd, "SO_RCVLOWAT", SOL_SOCKET, SO_RCVLOWAT);
	option(fd, "TCP_NODELAY", IPPROTO_TCP, TCP_NODELAY);
	option(fd, "unknown", SOL_SOCKET, 9999);
}

static void server(int port)
{
	int listener = listen_on(port);
	int fd = accept_one(listener), one = 1;

	options(listener);
	greet_client(fd);
	options(fd);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one)) == 0);
	CHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
	options(fd);
	read_exactly(fd, 0, 40000);
	options(fd);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	options(fd);
	greet_server(fd);
	write_all(fd, 0, 40000);
	options(fd);
	close(fd);
}

CLAIM(server, client)
