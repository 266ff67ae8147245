/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/* _Fork runs no handlers: the copies of the keys would seal two records under one number. In the child the connection is
 * dead, in the parent it goes on. */
#include "refused.h"

static void unseen(int fd)
{
	char buf[100];
	pid_t pid = _Fork();
	int status;

	CHECK(pid >= 0);
	if (pid == 0) {
		if (write(fd, MARKER, 10) != -1 || errno != ECONNRESET)
			_exit(1);
		if (read(fd, buf, sizeof(buf)) != -1 || errno != ECONNRESET)
			_exit(2);
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	show("the child", status);
	CHECK(status == 0);
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	unseen(fd);
	tell("tried");
	read_exactly(fd, 0, 5000);
	write_all(fd, 0, 5000);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	await("tried");
	unseen(fd);
	go_on_client(fd);
}

CLAIM(server, client)
