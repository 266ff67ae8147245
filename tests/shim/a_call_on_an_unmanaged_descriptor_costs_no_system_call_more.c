/* SPDX-License-Identifier: Apache-2.0 */
/* run: alone no-tls */
/*
 * Each call below is one system call without svidwrap and one with it, on pipes, Unix
 * and UDP sockets and files, and on the TCP connections that a policy lets pass. The
 * first touch of a descriptor may cost more: it decides what the descriptor is.
 */
#include <sys/ioctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "claim.h"

enum { EMPTY = -1 };

static int ends[2]; /* what is written to [1] can be read from [0] */
static char buf[64];
static struct iovec iov = { buf, 8 };
static struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
static int number, spare;
static socklen_t len = sizeof number;

static long call(int i, bool sock)
{
	switch (i) {
	case 0: return write(ends[1], buf, 8);
	case 1: return read(ends[0], buf, 8);
	case 2: return writev(ends[1], &iov, 1);
	case 3: return readv(ends[0], &iov, 1);
	case 4: return fcntl(ends[0], F_GETFL);
	case 5: return fcntl(ends[0], F_SETFD, 0);
	case 6: return ioctl(ends[0], FIONREAD, &number);
	case 7: return dup(ends[0]) == spare ? 0 : -1;
	case 8: return close(spare);
	}
	if (!sock)
		return EMPTY;
	switch (i) {
	case 9: return send(ends[1], buf, 8, 0);
	case 10: return recv(ends[0], buf, 8, 0);
	case 11: return sendto(ends[1], buf, 8, 0, NULL, 0);
	case 12: return recvfrom(ends[0], buf, 8, 0, NULL, NULL);
	case 13: return sendmsg(ends[1], &msg, 0);
	case 14: return recvmsg(ends[0], &msg, 0);
	case 15: return getsockopt(ends[0], SOL_SOCKET, SO_ERROR, &number, &len);
	case 16: return setsockopt(ends[0], SOL_SOCKET, SO_RCVLOWAT, &(int){ 1 }, sizeof(int));
	case 17: return recv(ends[0], buf, 8, MSG_DONTWAIT) < 0 && errno == EAGAIN ? 0 : -1;
	}
	return EMPTY;
}

#define CALLS 18

/* All calls once: touched. Then each between two signals. */
static void work(bool sock)
{
	int calls = sock ? CALLS : 9;

	spare = dup(ends[0]);
	close(spare);
	for (int i = 0; i < calls; i++)
		CHECK(call(i, sock) >= 0);
	CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
	raise(SIGSTOP);
	raise(SIGUSR1); /* nothing between these two */
	for (int i = 0; i < calls; i++) {
		raise(SIGUSR1);
		CHECK(call(i, sock) >= 0);
		raise(SIGUSR1);
	}
	_exit(0);
}

/* How many system calls pid enters until it raises its next signal; -1: it ended. */
static int until_signal(pid_t pid)
{
	struct __ptrace_syscall_info info;
	int n = 0, status;

	for (;;) {
		CHECK(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
		CHECK(waitpid(pid, &status, 0) == pid);
		if (!WIFSTOPPED(status)) {
			CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			return -1;
		}
		if (WSTOPSIG(status) == SIGUSR1)
			return n;
		CHECK(WSTOPSIG(status) == (SIGTRAP | 0x80));
		CHECK(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0);
		n += info.op == PTRACE_SYSCALL_INFO_ENTRY;
	}
}

static void count(const char *what, bool sock)
{
	pid_t pid = spawn_child();
	int status, base, more = 0;

	if (pid == 0)
		work(sock);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	CHECK(ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD) == 0);
	CHECK(until_signal(pid) >= 0);
	for (int i = 0; (base = until_signal(pid)) >= 0; i++) {
		int n = until_signal(pid);
		if (n - base != 1) {
			say("%s: call %d makes %d system calls", what, i, n - base);
			more++;
		}
	}
	CHECK(more == 0);
	close(ends[0]);
	close(ends[1]);
}

/* False: this policy has no rule for it and refuses. */
static bool tcp_pair(void)
{
	struct sockaddr_in sin = loopback(0);
	socklen_t size = sizeof(sin);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(bind(listener, (struct sockaddr *)&sin, sizeof(sin)) == 0 && listen(listener, 1) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&sin, &size) == 0);
	ends[1] = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(ends[1], (struct sockaddr *)&sin, sizeof(sin)) < 0) {
		CHECK(errno == EACCES);
		return false;
	}
	ends[0] = accept_one(listener);
	close(listener);
	return true;
}

static void alone(int port)
{
	struct sockaddr_in sin = loopback(port);

	CHECK(pipe(ends) == 0);
	count("pipe", false);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	count("Unix stream", true);
	/* UDP on the very port that the policy names. */
	ends[0] = socket(AF_INET, SOCK_DGRAM, 0);
	ends[1] = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(bind(ends[0], (struct sockaddr *)&sin, sizeof(sin)) == 0);
	CHECK(connect(ends[1], (struct sockaddr *)&sin, sizeof(sin)) == 0);
	count("UDP", true);
	if (tcp_pair())
		count("TCP that the policy lets pass", true);
}

CLAIM_ALONE(alone)
