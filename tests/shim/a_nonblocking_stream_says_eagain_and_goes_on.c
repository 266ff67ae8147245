/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	char byte;

	greet_client(fd);
	await("dry");
	write_all(fd, 0, 64);
	CHECK(read(fd, &byte, 1) == 1);
	read_exactly(fd, 0, 32);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);
	FILE *f = fdopen(fd, "r+");
	char line[64], want[32];

	greet_server(fd);
	set_nonblocking(fd, true);
	errno = 0;
	CHECK(!fgets(line, sizeof(line), f));
	say("nothing there: %s, error %d, end %d", errno_name(errno), ferror(f), feof(f));
	clearerr(f);
	tell("dry");
	show_events("then", poll_one(fd, POLLIN, 10000));
	for (int i = 0; i < 2; i++) {
		fill(want, sizeof(want), (uint64_t)i * 32);
		CHECK(fgets(line, sizeof(line), f) && memcmp(line, want, 32) == 0);
	}
	set_nonblocking(fd, false);
	CHECK(write(fd, "x", 1) == 1);
	fill(want, sizeof(want), 0);
	CHECK(fwrite(want, 1, 32, f) == 32);
	show("fclose", fclose(f));
}

CLAIM(server, client)
