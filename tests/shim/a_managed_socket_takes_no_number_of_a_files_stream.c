/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/* libc itself writes below a FILE of a file, whatever has its number by then. */
#include "refused.h"

static void onto(int fd, FILE *f)
{
	REFUSED(stdio_dup, dup2(fd, fileno(f)));
	REFUSED(stdio_dup, dup3(fd, fileno(f), O_CLOEXEC));
	CHECK(fprintf(f, "%s\n", MARKER) > 0 && fflush(f) == 0);
}

static void client(int port)
{
	FILE *f = tmpfile(), *err = fdopen(dup(2), "w");
	int fd = dial(port), two;

	CHECK(f && err);
	greet_server(fd);
	onto(fd, f);
	onto(fd, err);
	/* Descriptor 2, where libc's last words go, stays what it is. */
	two = dup(2);
	CHECK(dup2(fd, 2) == 2);
	CHECK(write(2, MARKER, 16) == 16 && fputs(MARKER, stderr) >= 0);
	close(2);
	CHECK(dup2(fd, 2) == 2 && write(2, MARKER, 16) == 16);
	close(2);
	CHECK(dup(fd) == 2 && write(2, MARKER, 16) == 16);
	CHECK(dup2(two, 2) == 2);
	go_on_client(fd);
}

CLAIM(refused_server, client)
