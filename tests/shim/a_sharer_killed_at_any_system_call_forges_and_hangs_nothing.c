/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused */
/*
 * A child that shares the connection is stopped (ptrace) at the k-th entry or exit of
 * a system call within one write or one read and killed there, for each k. Its
 * parent then goes on or gets ECONNRESET; the peer sees whole messages, each once and
 * in order, and an end, never silence.
 */
#include <sys/ptrace.h>
#include <sys/syscall.h>

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

/* Kills pid at its k-th stop. False: it had finished its work before. *ret_moving:
 * bytes were on their way, and nobody can tell how many. */
static bool kill_at(pid_t pid, int k, bool *ret_moving)
{
	struct __ptrace_syscall_info info;
	uint64_t nr = 0;
	int status;

	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	CHECK(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD) == 0);
	for (int i = 0; i < k; i++) {
		CHECK(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
		if (WSTOPSIG(status) == SIGUSR1)
			break;
		CHECK(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0);
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
			nr = info.entry.nr;
	}
	bool within = WSTOPSIG(status) == (SIGTRAP | 0x80);
	*ret_moving = within && (nr == SYS_sendto || nr == SYS_recvfrom);
	CHECK(kill(pid, SIGKILL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	return within;
}

static void parent_goes_on(int fd, enum job job, bool poisoned)
{
	char text[MESSAGE];

	if (poisoned && job == READS)
		CHECK(recv(fd, text, 1, MSG_DONTWAIT) == -1 && errno == ECONNRESET);
	if (poisoned && job == WRITES) {
		CHECK(send(fd, text, 1, MSG_NOSIGNAL) == -1 && errno == ECONNRESET);
		return;
	}
	if (!poisoned && job == READS && recv(fd, text, 1, MSG_DONTWAIT) < 0)
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
		int moves = 0;
		for (int k = 1; k <= MAX_STOPS; k++) {
			int fd = accept_one(listener);
			bool moving = false;
			greet_client(fd);
			if (within) {
				CHECK(poll_one(fd, POLLIN, 5000) & POLLIN);
				pid_t pid = spawn_child();
				if (pid == 0)
					child_works(fd, job);
				within = kill_at(pid, k, &moving);
				moves += moving;
			}
			parent_goes_on(fd, job, moving);
			close(fd);
		}
		CHECK(!within && moves >= 2);
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
