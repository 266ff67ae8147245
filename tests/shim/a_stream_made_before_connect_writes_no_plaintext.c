/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

/* stdio would write past the shim, so it is connect that is refused. */
static void try_stream(int port, bool through_twin)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int twin = through_twin ? dup(fd) : fd;
	FILE *f = fdopen(twin, "r+");

	CHECK(f);
	REFUSED(stdio_fd, try_connect(fd, port));
	CHECK(errno == EACCES);
	fprintf(f, "%s\n", MARKER);
	fclose(f);
	if (!through_twin)
		return;
	/* With the stream gone it is an ordinary socket. */
	CHECK(try_connect(fd, port) == 0);
	greet_server(fd);
	go_on_client(fd);
}

/* What was duplicated onto standard output is stdio's too. */
static void try_stdout(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), keep = dup(1);

	CHECK(dup2(fd, 1) == 1);
	int r = try_connect(fd, port), e = errno;
	CHECK(dup2(keep, 1) == 1);
	CHECK(r == -1 && e == EACCES);
	close(fd);
}

static void client(int port)
{
	signal(SIGPIPE, SIG_IGN);
	try_stdout(port);
	try_stream(port, false);
	try_stream(port, true);
}

CLAIM(refused_server, client)
