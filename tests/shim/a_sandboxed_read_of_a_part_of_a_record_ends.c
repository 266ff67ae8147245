/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* Without recvfrom a record larger than the buffer cannot be kept for the next read: that
 * read gets its bytes or ECONNRESET, and waits for ever in neither case. */
#include "filter.h"

static void reader(int fd, bool nonblocking)
{
	char buf[10];
	ssize_t r;

	set_nonblocking(fd, nonblocking);
	install(true);
	poll_one(fd, POLLIN, 5000);
	while ((r = read(fd, buf, sizeof(buf))) < 0 && errno == EAGAIN && nonblocking)
		poll_one(fd, POLLIN, 5000);
	CHECK(r == sizeof(buf) ? matches(buf, sizeof(buf), 0) : r < 0 && errno == ECONNRESET);
	CHECK(read(fd, buf, 0) == 0);
	close(fd);
	_exit(0);
}

static void server(int port)
{
	int listener = listen_on(port);

	for (int nonblocking = 0; nonblocking <= 1; nonblocking++) {
		int fd = accept_one(listener);
		pid_t pid;

		greet_client(fd);
		pid = spawn_child();
		if (pid == 0)
			reader(fd, nonblocking);
		close(fd); /* the child is the last that has it */
		reap(pid);
	}
	say("each ended\n");
}

static void client(int port)
{
	char byte;

	for (int turn = 0; turn < 2; turn++) {
		int fd = dial(port);

		greet_server(fd);
		write_all(fd, 0, 1000);
		while (read(fd, &byte, 1) > 0)
			continue;
		close(fd);
	}
}

CLAIM(server, client)
