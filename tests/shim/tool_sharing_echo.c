/* SPDX-License-Identifier: Apache-2.0 */
/* run: tool */
/*
 * Echoes lines of one connection; a parent and its child take turns, line by line, so
 * that each meets every state of the keys that the other left behind.
 */
#include "claim.h"

#define LINE 256

/* False at the end. */
static bool echo_line(int fd)
{
	char line[LINE];
	size_t n = 0;

	do {
		ssize_t r = read(fd, line + n, 1);
		if (r == 0 && n == 0)
			return false;
		CHECK(r == 1);
	} while (line[n++] != '\n' && n < LINE);
	CHECK(write(fd, line, n) == (ssize_t)n);
	return true;
}

static void take_turns(int fd, int mine, int other)
{
	int lines = 0;
	char c;

	while (read(mine, &c, 1) == 1 && c == 'g') {
		if (!echo_line(fd)) {
			CHECK(write(other, "e", 1) == 1);
			break;
		}
		lines++;
		CHECK(write(other, "g", 1) == 1);
	}
	say("%d lines", lines);
}

static void server(int port)
{
	int fd = serve_one(port), a[2], b[2];
	char c;

	/* Only who has the keys can share them. */
	CHECK(recv(fd, &c, 1, MSG_PEEK) == 1);
	CHECK(pipe(a) == 0 && pipe(b) == 0 && write(a[1], "g", 1) == 1);
	pid_t pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		take_turns(fd, b[0], a[1]);
		_exit(0);
	}
	take_turns(fd, a[0], b[1]);
	reap(pid);
}

CLAIM(server, NULL)
