/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* As sandboxes lower them (OpenSSH's sets RLIMIT_NOFILE, RLIMIT_FSIZE and RLIMIT_NPROC to
 * 0): the open connection carries on, with waiting, and a new one works where it does
 * without svidwrap. */
#include "limits.h"
#include "stream.h"

#define PIECE 700
#define MUCH (4 * MIB)

static const struct {
	const char *name;
	int limit;
	rlim_t to; /* RLIM_INFINITY: what is in use */
	bool another;
} rounds[] = {
	{ "RLIMIT_NOFILE 0", RLIMIT_NOFILE, 0, false },
	{ "RLIMIT_NOFILE 3", RLIMIT_NOFILE, 3, false },
	{ "RLIMIT_FSIZE 0", RLIMIT_FSIZE, 0, true },
	{ "RLIMIT_NPROC 0", RLIMIT_NPROC, 0, false },
	{ "RLIMIT_STACK 64 KiB", RLIMIT_STACK, 64 * KIB, true },
	{ "RLIMIT_MEMLOCK 0", RLIMIT_MEMLOCK, 0, true },
#ifndef __SANITIZE_ADDRESS__ /* it maps as it goes */
	{ "RLIMIT_AS", RLIMIT_AS, RLIM_INFINITY, false },
#endif
};
#define ROUNDS (int)(sizeof(rounds) / sizeof(*rounds))

static void lower(int i)
{
	rlim_t to = rounds[i].to == RLIM_INFINITY ? address_space() : rounds[i].to;
	struct rlimit lim;

	if (rounds[i].limit == RLIMIT_NPROC) /* root's are not counted; others may not reach the agent */
		CHECK(geteuid() != 0 || setresuid(65534, 65534, 65534) == 0);
	CHECK(getrlimit(rounds[i].limit, &lim) == 0);
	lim.rlim_cur = to;
	CHECK(setrlimit(rounds[i].limit, &lim) == 0);
}

/* With little stack and no memory. */
static void take(int fd, size_t n)
{
	char buf[PIECE];

	for (size_t done = 0; done < n;) {
		ssize_t r = read(fd, buf, PIECE < n - done ? PIECE : n - done);

		CHECK(r > 0 && matches(buf, (size_t)r, done));
		done += (size_t)r;
	}
	CHECK(write(fd, "x", 1) == 1);
	expect_eof(fd);
	close(fd);
}

static void give(int fd, const char *from, size_t n)
{
	char c;

	for (size_t done = 0; done < n;) {
		ssize_t r = write(fd, from + done, n - done);

		CHECK(r > 0);
		done += (size_t)r;
	}
	CHECK(read(fd, &c, 1) == 1 && c == 'x');
	close(fd);
}

static void server_round(int listener, int i)
{
	int fd = accept_one(listener);

	greet_client(fd);
	lower(i);
	take(fd, MUCH);
	if (rounds[i].another) {
		fd = accept_one(listener);
		greet_client(fd);
		take(fd, MUCH);
	} else if (rounds[i].limit == RLIMIT_NOFILE) {
		show("accept", accept(listener, NULL, NULL));
	}
}

static int narrow(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), small = 16 * KIB;

	CHECK(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	CHECK(try_connect(fd, port) == 0);
	return fd;
}

static void client_round(int port, int i)
{
	char *from = malloc(MUCH);
	int fd = narrow(port);

	CHECK(from);
	fill(from, MUCH, 0);
	greet_server(fd);
	say("%s", rounds[i].name); /* into a file, perhaps */
	lower(i);
	give(fd, from, MUCH);
	if (rounds[i].another) {
		fd = narrow(port);
		greet_server(fd);
		give(fd, from, MUCH);
	} else if (rounds[i].limit == RLIMIT_NOFILE) {
		show("socket", socket(AF_INET, SOCK_STREAM, 0));
	}
}

static void in_children(void (*play)(int, int), int arg)
{
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = spawn_child();

		if (pid == 0) {
			play(arg, i);
			_exit(0);
		}
		reap(pid);
	}
}

static void server(int port)
{
	in_children(server_round, listen_on(port));
}

static void client(int port)
{
	in_children(client_round, port);
}

CLAIM(server, client)
