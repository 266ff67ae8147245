/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/uio.h>

#include "stream.h"

#define VECS 300
#define TOO_MANY 1025 /* UIO_MAXIOV is 1024 */

/* 0, 37, 74 ... bytes: every fifth one is empty. */
static size_t vectors(struct iovec *iov, char *buf)
{
	size_t at = 0;

	for (int i = 0; i < VECS; i++) {
		size_t len = i % 5 ? (size_t)i * 37 % 257 : 0;
		iov[i] = (struct iovec){ len || i % 2 ? buf + at : NULL, len };
		at += len;
	}
	return at;
}

static void server(int port)
{
	int fd = serve_one(port);
	struct iovec iov[TOO_MANY] = { 0 };
	char buf[VECS * 257];
	size_t total = vectors(iov, buf);

	greet_client(fd);
	await("written");
	memset(buf, 0, sizeof(buf));
	ssize_t n = readv(fd, iov, VECS);
	show("readv", n);
	CHECK(n == (ssize_t)total && matches(buf, total, 0));
	show("readv of nothing", readv(fd, iov, 1));
	show("readv of too many", readv(fd, iov, TOO_MANY));
}

static void client(int port)
{
	int fd = dial(port);
	struct iovec iov[TOO_MANY] = { 0 };
	char buf[VECS * 257];
	size_t total = vectors(iov, buf);

	greet_server(fd);
	fill(buf, total, 0);
	show("writev", writev(fd, iov, VECS));
	show("writev of nothing", writev(fd, iov, 1));
	show("writev of too many", writev(fd, iov, TOO_MANY));
	CHECK(shutdown(fd, SHUT_WR) == 0);
	/* On loopback FIN is there when shutdown returns. */
	tell("written");
	expect_eof(fd);
}

CLAIM(server, client)
