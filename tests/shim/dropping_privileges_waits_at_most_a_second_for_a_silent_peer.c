/* SPDX-License-Identifier: Apache-2.0 */
/* The peer reads nothing until both closes and the drop between them are over. */
#include <sys/prctl.h>

#include "lingering.h"

static int dial_and_fill(int port)
{
	static char buf[16 * KIB];
	int fd = dial(port);
	ssize_t r;

	greet_server(fd);
	set_nonblocking(fd, true);
	for (uint64_t n = 0;; n += (uint64_t)r) {
		fill(buf, sizeof(buf), n);
		r = write(fd, buf, sizeof(buf));
		if (r < 0)
			break;
	}
	CHECK(errno == EAGAIN);
	return fd;
}

static void server(int port)
{
	int listener = listen_on(port);
	int fd[2];

	for (int i = 0; i < 2; i++) {
		fd[i] = accept_one(listener);
		greet_client(fd[i]);
	}
	await_file("closed");
	for (int i = 0; i < 2; i++)
		CHECK(read_to_end(fd[i], 0, 64 * KIB) > 0); /* a prefix, unaltered */
}

static void client(int port)
{
	int fd = dial_and_fill(port);
	long from = now_ms();

	close(fd);
	show("prctl", prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK(threads() == 1 && now_ms() - from < 1800);
	fd = dial_and_fill(port);
	from = now_ms();
	close(fd);
	CHECK(threads() == 1 && now_ms() - from < 1800);
	tell("closed");
}

CLAIM(server, client)
