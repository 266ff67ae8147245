/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include <sys/sendfile.h>

#include "stream.h"

#define SIZE (300 * KIB + 7)

static int file_of(size_t n)
{
	char path[512], *buf = malloc(n);

	meeting_path(path, "file");
	int file = open(path, O_RDWR | O_CREAT, 0600);
	fill(buf, n, 0);
	CHECK(buf && write(file, buf, n) == (ssize_t)n);
	free(buf);
	return file;
}

static void client(int port)
{
	int fd = dial(port), file = file_of(SIZE), pipes[2];
	off_t at = 1000;
	size_t sent = 0;

	greet_server(fd);
	/* From an offset, which moves; the file's position does not. */
	CHECK(lseek(file, 5, SEEK_SET) == 5);
	show("at an offset", sendfile(fd, file, &at, 2000));
	say("offset %ld, position %ld", (long)at, (long)lseek(file, 0, SEEK_CUR));
	/* From the position, to the end and beyond. */
	CHECK(lseek(file, 3000, SEEK_SET) == 3000);
	show("to the end", sendfile(fd, file, NULL, SIZE));
	say("position %ld", (long)lseek(file, 0, SEEK_CUR));
	show("at the end", sendfile(fd, file, NULL, SIZE));
	show("nothing", sendfile(fd, file, &at, 0));
	/* A socket that takes less at a time. */
	set_nonblocking(fd, true);
	at = 0;
	while (sent < 40 * (size_t)SIZE) {
		ssize_t r = sendfile(fd, file, &at, SIZE);

		if (r < 0) {
			CHECK(errno == EAGAIN);
			CHECK(poll_one(fd, POLLOUT, 10000) & POLLOUT);
			continue;
		}
		sent += (size_t)r;
		if (at == SIZE)
			at = 0;
	}
	set_nonblocking(fd, false);
	CHECK(pipe(pipes) == 0 && write(pipes[1], "x", 1) == 1);
	at = -1;
	show("negative offset", sendfile(fd, file, &at, 10));
	show("from a closed descriptor", sendfile(fd, 999, NULL, 10));
	show("from a directory", sendfile(fd, open(".", O_RDONLY), NULL, 10));
	CHECK(shutdown(fd, SHUT_WR) == 0);
	show("after shutdown", (signal(SIGPIPE, SIG_IGN), at = 0, sendfile(fd, file, &at, 10)));
	expect_eof(fd);
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	read_exactly(fd, 1000, 2000);
	read_exactly(fd, 3000, SIZE - 3000);
	for (int i = 0; i < 40; i++) {
		read_exactly(fd, 0, SIZE);
		if (i == 0)
			pause_ms(200); /* let the other side fill up */
	}
	expect_eof(fd);
}

CLAIM(server, client)
