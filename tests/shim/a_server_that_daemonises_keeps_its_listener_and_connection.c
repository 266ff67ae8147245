/* SPDX-License-Identifier: Apache-2.0 */
/* fork, setsid, fork again: the grandchild serves. */
#include "stream.h"

static void server(int port)
{
	int listener = listen_on(port);
	int old = accept_one(listener);

	greet_client(old);
	pid_t pid = spawn_child();
	if (pid > 0) {
		int status;
		/* The runner waits for this process, so it stays until the child is done. */
		close(old);
		close(listener);
		CHECK(waitpid(pid, &status, 0) == pid && status == 0);
		return;
	}
	CHECK(setsid() > 0);
	pid = spawn_child();
	if (pid > 0) {
		int status;
		CHECK(waitpid(pid, &status, 0) == pid);
		_exit(WEXITSTATUS(status));
	}
	write_all(old, 0, 20000);
	expect_eof(old);
	int fresh = accept_one(listener);
	greet_client(fresh);
	read_exactly(fresh, 0, 20000);
	expect_eof(fresh);
	_exit(0);
}

static void client(int port)
{
	int old = dial(port);

	greet_server(old);
	read_exactly(old, 0, 20000);
	close(old);
	int fresh = dial(port);
	greet_server(fresh);
	write_all(fresh, 0, 20000);
	close(fresh);
}

CLAIM(server, client)
