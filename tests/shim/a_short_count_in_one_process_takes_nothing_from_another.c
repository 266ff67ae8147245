/* SPDX-License-Identifier: Apache-2.0 */
/* A parent's write ends short; before it comes back its child writes, too. */
#include "stream.h"

#define TOTAL (8 * MIB)
#define BANGS 32

static void child_writes(int fd, int cue, int done)
{
	char bangs[BANGS], c;

	memset(bangs, '!', sizeof bangs);
	CHECK(read(cue, &c, 1) == 1);
	for (size_t n = 0; n < sizeof bangs;) {
		ssize_t r = write(fd, bangs + n, sizeof bangs - n);
		if (r > 0)
			n += (size_t)r;
		else
			poll_one(fd, POLLOUT, 10000);
	}
	CHECK(write(done, "x", 1) == 1);
	exit(0);
}

static void server(int port)
{
	int fd = serve_one(port), cue[2], done[2];
	char *buf = malloc(TOTAL), c;
	size_t n = 0;
	ssize_t r;

	greet_client(fd);
	CHECK(buf && pipe(cue) == 0 && pipe(done) == 0);
	fill(buf, TOTAL, 0);
	set_nonblocking(fd, true);
	pid_t pid = spawn_child();
	if (pid == 0)
		child_writes(fd, cue[0], done[1]);
	r = write(fd, buf, TOTAL); /* more than any socket takes */
	CHECK(r > 0 && r < TOTAL);
	n = (size_t)r;
	tell("full");
	CHECK(write(cue[1], "x", 1) == 1 && read(done[0], &c, 1) == 1);
	reap(pid);
	set_nonblocking(fd, false);
	while (n < TOTAL) {
		r = write(fd, buf + n, TOTAL - n);
		CHECK(r > 0);
		n += (size_t)r;
	}
	close(fd);
	free(buf);
}

static void client(int port)
{
	int fd = dial(port);
	char buf[64 * KIB];
	uint64_t off = 0;
	unsigned bangs = 0;
	ssize_t r;

	greet_server(fd);
	await("full");
	while ((r = read(fd, buf, sizeof buf)) > 0) {
		size_t kept = 0;
		for (ssize_t i = 0; i < r; i++) {
			if (buf[i] == '!')
				bangs++;
			else
				buf[kept++] = buf[i];
		}
		CHECK(matches(buf, kept, off));
		off += kept;
	}
	CHECK(r == 0);
	say("%llu bytes of the parent's, %u of the child's", (unsigned long long)off, bangs);
}

CLAIM(server, client)
