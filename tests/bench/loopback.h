/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs that are counted share: sockets on loopback, and an end where something fails. */
#ifndef SVIDWRAP_TESTS_BENCH_LOOPBACK_H
#define SVIDWRAP_TESTS_BENCH_LOOPBACK_H

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#define WARM 4 /* calls that are not counted come first */

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static struct sockaddr_in address(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons((uint16_t)port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int listen_on(int port)
{
	struct sockaddr_in addr = address(port);
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 || listen(fd, 16) < 0)
		die("listen");
	return fd;
}

static int connect_to(int port)
{
	struct sockaddr_in addr = address(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("connect");
	return fd;
}

#endif
