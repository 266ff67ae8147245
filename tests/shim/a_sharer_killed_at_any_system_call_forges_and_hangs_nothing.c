/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused */
/*
 * A child that shares the connection is stopped (ptrace) at the k-th entry or exit of
 * a system call within one write or one read and killed there, for each k. Its
 * parent then goes on or gets ECONNRESET; the peer sees whole messages, each once and
 * in order, and an end, never silence.
 */
#include <sys/ptrace.h>

#include "claim.h"

#define MAX_STOPS 40
#define MESSAGE 64

enum job { WRITES, READS, JOBS };

static void message(char text[MESSAGE], const char *who)
{
	memset(text, '.', MESSAGE);
	memcpy(text, who, strlen(who));
}

static void child_works(int fd, enum job job)
{
	char text[MESSAGE];

	CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	message(text, "child");
	if (job == WRITES)
		(void)!write(fd, text, MESSAGE);
	else
		(void)!read(fd, text, MESSAGE / 2);
	raise(SIGUSR1); /* the end of the work */
	_exit(0);
}

/* Kills pid at its k-th stop. False: it had finished its work before. */
static bool kill_at(pid_t pid, int k)
{
	int status;

	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	CHECK(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD) == 0);
	for (int i = 0; i < k; i++) {
		CHECK(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
		if (WSTOPSIG(status) == SIGUSR1)
			break;
	}
	bool within = WSTOPSIG(status) == (SIGTRAP | 0x80);
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	return within;
}

static void parent_goes_on(int fd, enum job job)
{
	char text[MESSAGE];

	if (job == READS && recv(fd, text, 1, MSG_DONTWAIT) < 0)
		CHECK(errno == ECONNRESET || errno == EAGAIN);
	message(text, "parent");
	if (send(fd, text, MESSAGE, MSG_NOSIGNAL) < 0)
		CHECK(errno == ECONNRESET || errno == EPIPE);
}

static void server(int port)
{
	int listener = listen_on(port);

	for (int job = 0; job < JOBS; job++) {
		bool within = true;
		for (int k = 1; k <= MAX_STOPS; k++) {
			int fd = accept_one(listener);
			greet_client(fd);
			if (within) {
				CHECK(poll_one(fd, POLLIN, 5000) & POLLIN);
				pid_t pid = spawn_child();
				if (pid == 0)
					child_works(fd, job);
				within = kill_at(pid, k);
				CHECK(within || k > 2);
			}
			parent_goes_on(fd, job);
			close(fd);
		}
		CHECK(!within);
	}
}

/* The child's message at most once, then the parent's at most once. */
static void follow(int fd)
{
	char all[4 * MESSAGE], want[MESSAGE];
	size_t n = 0, at = 0;
	ssize_t r;

	do {
		CHECK(poll_one(fd, POLLIN, 5000) != 0);
		r = read(fd, all + n, sizeof all - n);
		CHECK(r >= 0 || errno == ECONNRESET);
		n += r > 0 ? (size_t)r : 0;
	} while (r > 0 && n < sizeof all);
	CHECK(n % MESSAGE == 0);
	message(want, "child");
	if (at < n && memcmp(all, want, MESSAGE) == 0)
		at += MESSAGE;
	message(want, "parent");
	if (at < n && memcmp(all + at, want, MESSAGE) == 0)
		at += MESSAGE;
	CHECK(at == n);
}

static void client(int port)
{
	char text[MESSAGE];

	message(text, "client");
	for (int i = 0; i < JOBS * MAX_STOPS; i++) {
		int fd = dial(port);
		greet_server(fd);
		CHECK(write(fd, text, MESSAGE) == MESSAGE);
		follow(fd);
		close(fd);
	}
}

CLAIM(server, client)
