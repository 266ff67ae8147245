/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* Landlock takes every file away, from the calling thread alone. Before the first
 * connection, and in the middle of one, right after a close that leaves much on its way:
 * one thread is left, so that none keeps the rights; the open connection and new ones,
 * also a child's, work, and all that was written arrives. */
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "lingering.h"

static DIR *tasks; /* opened while that was possible */

static void count_threads(void)
{
	int n = -2; /* "." and ".." */

	rewinddir(tasks);
	while (readdir(tasks))
		n++;
	say("%d thread", n);
}

/* All six arguments: AddressSanitizer would object to what a wrapper finds there. */
static long by_number(long number, const void *a, long b, long c)
{
	return syscall(number, a, b, c, 0L, 0L, 0L);
}

static long restrict_by(int ruleset)
{
	return syscall(SYS_landlock_restrict_self, (long)ruleset, 0L, 0L, 0L, 0L, 0L);
}

static void require_landlock(void)
{
	if (by_number(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 1)
		exit(SKIPPED);
}

static void restrict_self(void)
{
	/* What the first version knows: all that opens, makes or executes. */
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	};
	int fd = (int)by_number(SYS_landlock_create_ruleset, &attr, sizeof(attr.handled_access_fs), 0);

	tasks = opendir("/proc/self/task");
	CHECK(fd >= 0 && tasks);
	/* An administrator's thread may do it alone: then nothing else has ended ours. */
	if (restrict_by(fd) < 0) {
		CHECK(errno == EPERM && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
		CHECK(restrict_by(fd) == 0);
	}
	close(fd);
	show("open", open("/dev/null", O_RDONLY));
	count_threads();
}

static void serve_accepted(int listener)
{
	int fd = accept_one(listener);

	greet_client(fd);
	pause_ms(100); /* for much to be on its way */
	read_exactly(fd, 0, WRITTEN);
	expect_eof(fd);
	close(fd);
}

static void server_before(int listener)
{
	restrict_self();
	serve_accepted(listener);
}

static void server_amid(int listener)
{
	int fd = accept_one(listener);

	greet_client(fd);
	hear_all(listener, 0, 100);
	restrict_self();
	echo_to_end(fd, 50000);
	serve_accepted(listener);

	pid_t pid = spawn_child();
	if (pid == 0) {
		serve_accepted(listener);
		_exit(0);
	}
	reap(pid);
}

/* Closed with more on its way than the kernel has sent. */
static void dial_and_leave(int port)
{
	int fd = dial(port);

	greet_server(fd);
	write_all(fd, 0, WRITTEN);
	close(fd);
}

static void client_before(int port)
{
	restrict_self();
	dial_and_leave(port);
	count_threads();
}

static void client_amid(int port)
{
	int fd = dial(port);

	greet_server(fd);
	close(dial_and_write(port, 0));
	restrict_self();
	write_all(fd, 0, 50000);
	read_exactly(fd, 0, 50000);
	close(fd);
	dial_and_leave(port);
	count_threads();

	pid_t pid = spawn_child();
	if (pid == 0) {
		dial_and_leave(port);
		_exit(0);
	}
	reap(pid);
}

static void in_a_child(role_fn *play, int arg)
{
	pid_t pid = spawn_child();

	if (pid == 0) {
		play(arg);
		_exit(0);
	}
	reap(pid);
}

static void server(int port)
{
	int listener, small = 64 * KIB;

	require_landlock();
	listener = listen_on(port);
	CHECK(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
	in_a_child(server_before, listener);
	in_a_child(server_amid, listener);
}

static void client(int port)
{
	require_landlock();
	in_a_child(client_before, port);
	in_a_child(client_amid, port);
}

CLAIM(server, client)
