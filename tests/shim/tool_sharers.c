/* SPDX-License-Identifier: Apache-2.0 */
/* run: tool */
/*
 * Two processes write to one connection; one is killed (SIGKILL) at a moment of
 * chance. Lines tell their writer and number: the reader must see each writer's
 * lines in order, none twice, none missing, until a clean end or an error. A
 * clean end without the survivor's last line would be a truncation that nobody
 * noticed; three seconds of silence a hang.
 */
#include <sys/mman.h>

#include "claim.h"

#define ROUNDS 100
#define LINE 32

/* "a 000000000000001 ............\n" */
static void format_line(char line[LINE], char writer, unsigned n, bool last)
{
	snprintf(line, LINE, "%c %015u %s", writer, n, last ? "-- the end --" : "-------------");
	line[LINE - 1] = '\n';
}

static void write_lines(int fd, char writer, const volatile bool *stop)
{
	char block[20 * LINE];
	unsigned n = 0;

	while (!*stop) {
		unsigned lines = 1 + n % 20;
		for (unsigned i = 0; i < lines; i++)
			format_line(block + i * LINE, writer, n + i, false);
		if (send(fd, block, lines * LINE, MSG_NOSIGNAL) != (ssize_t)lines * LINE)
			_exit(0); /* the connection may be lost; the reader must know */
		n += lines;
	}
	format_line(block, writer, n, true);
	send(fd, block, LINE, MSG_NOSIGNAL);
	_exit(0);
}

static void round_of(int fd, volatile bool *stop, unsigned *seed)
{
	pid_t pid[2];
	int status;

	*stop = false;
	for (int i = 0; i < 2; i++) {
		pid[i] = spawn_child();
		if (pid[i] == 0)
			write_lines(fd, (char)('a' + i), stop);
	}
	struct timespec some = { 0, rand_r(seed) % 20000000 };
	nanosleep(&some, NULL);
	CHECK(kill(pid[0], SIGKILL) == 0);
	CHECK(waitpid(pid[0], &status, 0) == pid[0]);
	pause_ms(5);
	*stop = true;
	CHECK(waitpid(pid[1], &status, 0) == pid[1] && WIFEXITED(status));
}

static void server(int port)
{
	int listener = listen_on(port);
	unsigned seed = (unsigned)getpid();
	volatile bool *stop = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	CHECK(stop != MAP_FAILED);
	for (int i = 0; i < ROUNDS; i++) {
		int fd = accept_one(listener);
		greet_client(fd);
		round_of(fd, stop, &seed);
		close(fd);
	}
}

/* Checks whole lines of buf[0..len); returns how many bytes were used. */
static size_t take_lines(const char *buf, size_t len, unsigned next[2], bool ended[2])
{
	size_t at = 0;

	for (; at + LINE <= len; at += LINE) {
		char want[LINE];
		int w = buf[at] - 'a';
		CHECK(w == 0 || w == 1);
		CHECK(!ended[w]);
		format_line(want, buf[at], next[w]++, false);
		if (memcmp(buf + at, want, LINE) == 0)
			continue;
		format_line(want, buf[at], next[w] - 1, true);
		CHECK(memcmp(buf + at, want, LINE) == 0);
		ended[w] = true;
	}
	return at;
}

/* Whether it ended clean. */
static bool follow(int fd)
{
	char buf[8192];
	size_t have = 0;
	unsigned next[2] = { 0, 0 };
	bool ended[2] = { false, false };

	for (;;) {
		CHECK(poll_one(fd, POLLIN, 3000) != 0);
		ssize_t n = read(fd, buf + have, sizeof(buf) - have);
		if (n < 0) {
			CHECK(errno == ECONNRESET);
			return false;
		}
		if (n == 0) {
			CHECK(ended[1]);
			return true;
		}
		have += (size_t)n;
		size_t used = take_lines(buf, have, next, ended);
		memmove(buf, buf + used, have - used);
		have -= used;
	}
}

static void client(int port)
{
	int clean = 0;

	for (int i = 0; i < ROUNDS; i++) {
		int fd = dial(port);
		greet_server(fd);
		clean += follow(fd);
		close(fd);
	}
	say("%d rounds: %d ended clean, %d with an error", ROUNDS, clean, ROUNDS - clean);
}

CLAIM(server, client)
