/* SPDX-License-Identifier: Apache-2.0 */
/* run: tool */
/*
 * server: one connection after the other (RCVTIMEO_MS: with that SO_RCVTIMEO), echoes, says what each brought and how
 * it ended; until it is stopped. client: sends 5000 bytes, wants them back, says
 * how that went; TALKS=N: N connections, the i-th (from 2) once file talk-i is
 * there. Status 0 if all talks went well.
 */
#include "stream.h"

#define TALK 5000

static void serve(int fd)
{
	const char *patience = getenv("RCVTIMEO_MS");
	char buf[4096];
	uint64_t off = 0;
	ssize_t n;

	if (patience) {
		struct timeval tv = { 0, atoi(patience) * 1000 };
		CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
	}
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(matches(buf, (size_t)n, off));
		off += (uint64_t)n;
		if (send(fd, buf, (size_t)n, MSG_NOSIGNAL) != n) {
			n = -1;
			break;
		}
	}
	say("connection: %llu bytes, then %s", (unsigned long long)off,
	    n < 0 ? errno_name(errno) : "the end");
	close(fd);
}

static void server(int port)
{
	int listener = listen_on(port);

	for (;;)
		serve(accept_one(listener));
}

/* What failed first, or NULL. */
static const char *talk(int fd, int port)
{
	char buf[TALK];
	size_t got = 0;

	fill(buf, sizeof(buf), 0);
	if (try_connect(fd, port) < 0)
		return "connect";
	if (send(fd, buf, sizeof(buf), MSG_NOSIGNAL) != sizeof(buf))
		return "send";
	memset(buf, 0, sizeof(buf));
	while (got < sizeof(buf)) {
		ssize_t n = recv(fd, buf + got, sizeof(buf) - got, 0);
		if (n == 0)
			errno = 0;
		if (n <= 0)
			break;
		CHECK(matches(buf + got, (size_t)n, got));
		got += (size_t)n;
	}
	return got < sizeof(buf) ? "recv" : NULL;
}

static void client(int port)
{
	const char *talks = getenv("TALKS");
	int bad = 0;

	for (int i = 1; i <= (talks ? atoi(talks) : 1); i++) {
		char name[32];
		snprintf(name, sizeof(name), "talk-%d", i);
		if (i > 1)
			await(name);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const char *what = talk(fd, port);
		if (what)
			say("talk %d: %s: %s", i, what, errno ? errno_name(errno) : "the end");
		else
			say("talk %d: all came back", i);
		bad |= what != NULL;
		close(fd);
		snprintf(name, sizeof(name), "talked-%d", i);
		tell(name);
	}
	if (bad)
		exit(3);
}

CLAIM(server, client)
