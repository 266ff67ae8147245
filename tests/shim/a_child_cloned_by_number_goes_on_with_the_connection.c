/* SPDX-License-Identifier: Apache-2.0 */
/* As vsftpd makes its children, in namespaces of their own; and one that was accepted and not spoken on yet. */
#include <sched.h>
#include <sys/syscall.h>

#include "stream.h"

static void child(int fd, uint64_t off)
{
	read_exactly(fd, off, 1000);
	write_all(fd, off, 1000);
	_exit(0);
}

static void server(int port)
{
	int listener = listen_on(port), fd = accept_one(listener), flags = SIGCHLD, status;
	long pid;

	if (geteuid() == 0)
		flags |= CLONE_NEWIPC;
	greet_client(fd);
	for (uint64_t turn = 0; turn < 4; turn++) {
		fflush(stdout);
		pid = turn % 2 ? syscall(SYS_fork) : syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
		CHECK(pid >= 0);
		if (pid == 0)
			child(fd, turn * 2000);
		CHECK(waitpid((pid_t)pid, &status, 0) == pid && status == 0);
		read_exactly(fd, turn * 2000 + 1000, 1000);
		write_all(fd, turn * 2000 + 1000, 1000);
	}
	expect_eof(fd);
	close(fd);
	fd = accept_one(listener);
	pid = syscall(SYS_clone, flags, NULL, NULL, NULL, NULL);
	CHECK(pid >= 0);
	if (pid == 0) {
		greet_client(fd);
		child(fd, 0);
	}
	close(fd);
	CHECK(waitpid((pid_t)pid, &status, 0) == pid && status == 0);
	say("all served");
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	for (uint64_t off = 0; off < 8000; off += 1000) {
		write_all(fd, off, 1000);
		read_exactly(fd, off, 1000);
	}
	close(fd);
	fd = dial(port);
	greet_server(fd);
	write_all(fd, 0, 1000);
	read_exactly(fd, 0, 1000);
	expect_eof(fd);
	close(fd);
}

CLAIM(server, client)
