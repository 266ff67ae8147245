/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program that was told that all its bytes were taken writes no more; none of them
 * may wait for its next write. Here the last of them are those that just fill the
 * socket.
 */
#include "stream.h"

#define BLOCK (16 * KIB)

static void server(int port)
{
	int fd = serve_one(port);
	char path[512];
	size_t total;

	greet_client(fd);
	await("counted");
	meeting_path(path, "count");
	FILE *f = fopen(path, "r");
	CHECK(f && fscanf(f, "%zu", &total) == 1);
	fclose(f);
	read_exactly(fd, 0, total);
	CHECK(write(fd, "A", 1) == 1);
	expect_eof(fd);
}

static void tell_count(size_t total)
{
	char path[512];

	meeting_path(path, "count");
	FILE *f = fopen(path, "w");
	CHECK(f && fprintf(f, "%zu\n", total) > 0 && fclose(f) == 0);
	tell("counted");
}

static void client(int port)
{
	int fd = dial(port);
	char block[BLOCK], c;
	size_t total = 0, part;
	ssize_t n;

	greet_server(fd);
	set_nonblocking(fd, true);
	do {
		fill(block, BLOCK, total);
		n = write(fd, block, BLOCK);
		total += n > 0 ? (size_t)n : 0;
	} while (n == BLOCK);
	CHECK(n > 0 || errno == EAGAIN);
	/* The block that was taken in part is the last, and it is finished. */
	part = n > 0 ? (size_t)n : BLOCK;
	tell_count(total + BLOCK - part);
	while (part < BLOCK) {
		CHECK(poll_one(fd, POLLOUT, 5000) & POLLOUT);
		n = write(fd, block + part, BLOCK - part);
		CHECK(n > 0 || errno == EAGAIN);
		part += n > 0 ? (size_t)n : 0;
	}
	CHECK(poll_one(fd, POLLIN, 5000) & POLLIN);
	CHECK(read(fd, &c, 1) == 1 && c == 'A');
	close(fd);
}

CLAIM(server, client)
