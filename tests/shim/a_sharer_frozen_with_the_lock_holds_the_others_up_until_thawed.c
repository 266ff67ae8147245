/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay refused */
/* docs/open.md: a child is stopped (ptrace) right after it has taken the lock between
 * processes, in a write. Its parent's write waits, also one that may not block; once the
 * child goes on both arrive whole, the child's first. */
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>

#include "lingering.h"

#define PIECE 1000
#define FROZEN_MS 300
#define ROUNDS 2

static pid_t frozen;
static volatile sig_atomic_t thawed;

static void thaw_it(int sig)
{
	thawed = 1;
	ptrace(PTRACE_DETACH, frozen, NULL, NULL);
}

/* Runs the child until it has the lock. */
static void stop_with_lock(pid_t pid)
{
	struct user_regs_struct regs;
	int status;
	bool taken = false;

	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	while (!taken) {
		CHECK(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
		CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
		CHECK(ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0);
		/* On its way in it has -ENOSYS there. */
		taken = regs.orig_rax == SYS_fcntl && regs.rsi == F_SETLKW && regs.rax == 0;
	}
}

static void server_round(int listener, int round)
{
	struct itimerval soon = { .it_value = { 0, FROZEN_MS * 1000 } };
	struct sigaction sa = { .sa_handler = thaw_it, .sa_flags = SA_RESTART };
	int fd = accept_one(listener);
	char buf[PIECE];

	greet_client(fd);
	pid_t pid = spawn_child();
	if (pid == 0) {
		CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
		raise(SIGSTOP);
		write_all(fd, 0, PIECE);
		_exit(0);
	}
	stop_with_lock(pid);
	set_nonblocking(fd, round == 1);
	frozen = pid;
	thawed = 0;
	CHECK(sigaction(SIGALRM, &sa, NULL) == 0 && setitimer(ITIMER_REAL, &soon, NULL) == 0);
	fill(buf, PIECE, PIECE);
	show("write", write(fd, buf, PIECE));
	CHECK(thawed);
	reap(pid);
	close(fd);
}

static void client_round(int port)
{
	int fd = dial(port);

	greet_server(fd);
	read_exactly(fd, 0, 2 * PIECE);
	expect_eof(fd);
	close(fd);
}

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < ROUNDS; i++)
		server_round(listener, i);
}

static void client(int port)
{
	for (int i = 0; i < ROUNDS; i++)
		client_round(port);
}

CLAIM(server, client)
