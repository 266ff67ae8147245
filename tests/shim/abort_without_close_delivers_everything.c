/* SPDX-License-Identifier: Apache-2.0 */
/* And a handler that jumps out of abort leaves the connection as it was. */
#include <setjmp.h>
#include <sys/resource.h>

#include "slow_reader.h"

static sigjmp_buf out;

static void jump(int sig)
{
	(void)sig;
	siglongjmp(out, 1);
}

static void aborts(int port)
{
	struct rlimit none = { 0 };
	int fd = dial(port);

	CHECK(setrlimit(RLIMIT_CORE, &none) == 0);
	signal(SIGABRT, jump);
	if (sigsetjmp(out, 1) == 0)
		abort();
	greet_server(fd);
	write_all(fd, 0, 400000);
	tell("written");
	signal(SIGABRT, SIG_DFL);
	abort();
}

static void client(int port)
{
	int status;
	pid_t pid = spawn_child();

	if (pid == 0)
		aborts(port);
	CHECK(waitpid(pid, &status, 0) == pid);
	show("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

CLAIM(slow_reader, client)
