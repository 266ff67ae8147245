/* SPDX-License-Identifier: Apache-2.0 */
/* tool_static, executed in every way that a program has. */
#ifndef SVIDWRAP_TESTS_SHIM_STATIC_H
#define SVIDWRAP_TESTS_SHIM_STATIC_H

#include <spawn.h>
#include <sys/syscall.h>

#include "refused.h"

extern char **environ;

/* The tool is where the suite's programs were built; run.sh copies this one elsewhere. */
static inline void static_tool(char path[512])
{
	const char *build = getenv("BUILD");

	snprintf(path, 512, "%s/shim-tests/tool_static", build ? build : "build/release");
	CHECK(access(path, X_OK) == 0);
}

static inline void got_nothing(const char *way, int status)
{
	show(way, WIFEXITED(status) ? WEXITSTATUS(status) : 256);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static inline int status_of(pid_t pid)
{
	int status;

	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid);
	return status;
}

/* fd is managed and not close-on-exec, as the program sees it. */
static inline void gets_nothing(int fd)
{
	char path[512], text[16], command[600];
	char *argv[] = { path, text, (char *)"700", NULL };
	pid_t pid;

	static_tool(path);
	snprintf(text, sizeof(text), "%d", fd);
	snprintf(command, sizeof(command), "exec %s %d 700", path, fd);
	CHECK(fcntl(fd, F_GETFD) == 0);
	if ((pid = fork()) == 0) {
		execv(path, argv);
		_exit(9);
	}
	got_nothing("fork and execv", status_of(pid));
	if ((pid = fork()) == 0) {
		syscall(SYS_execve, path, argv, environ);
		_exit(9);
	}
	got_nothing("fork and execve by number", status_of(pid));
	if ((pid = vfork()) == 0) {
		execv(path, argv);
		_exit(9);
	}
	got_nothing("vfork and execv", status_of(pid));
	if ((pid = vfork()) == 0) {
		dup2(fd, 700);
		fcntl(fd, F_SETFD, 0);
		execv(path, argv);
		_exit(9);
	}
	got_nothing("vfork, dup2 and execv", status_of(pid));
	CHECK(posix_spawn(&pid, path, NULL, NULL, argv, environ) == 0);
	got_nothing("posix_spawn", status_of(pid));
	got_nothing("system", system(command));
	CHECK(fcntl(fd, F_GETFD) == 0);
}

#endif
