/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused */
/* The peer dies without a close_notify: what came before is delivered, and the
 * next read says ECONNRESET. An end of file would hide a truncation. */
#include "claim.h"

static void server(int port)
{
	int fd = serve_one(port), status;

	greet_client(fd);
	pid_t pid = spawn_child();
	if (pid == 0) {
		CHECK(write(fd, "0123456789", 10) == 10);
		tell("written");
		await("close");
		kill(getpid(), SIGKILL);
	}
	await("written");
	close(fd); /* says nothing: the child has it still */
	tell("close");
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

static void client(int port)
{
	int fd = dial(port);
	char buf[100];

	greet_server(fd);
	CHECK(recv(fd, buf, sizeof buf, MSG_WAITALL) == 10);
	CHECK(read(fd, buf, sizeof buf) == -1 && errno == ECONNRESET);
	CHECK(read(fd, buf, sizeof buf) == 0);
}

CLAIM(server, client)
