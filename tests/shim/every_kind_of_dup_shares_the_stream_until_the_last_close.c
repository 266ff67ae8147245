/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static int dup_by(const char **how, int i, int fd)
{
	static const char *const names[] = { "dup", "dup2", "dup3", "F_DUPFD",
					     "F_DUPFD_CLOEXEC" };
	*how = names[i];
	switch (i) {
	case 0: return dup(fd);
	case 1: return dup2(fd, 150);
	case 2: return dup3(fd, 151, O_CLOEXEC);
	case 3: return fcntl(fd, F_DUPFD, 200);
	default: return fcntl(fd, F_DUPFD_CLOEXEC, 300);
	}
}

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < 5; i++) {
		const char *how;
		int fd = accept_one(listener);
		greet_client(fd);
		int other = dup_by(&how, i, fd);
		CHECK(other >= 0 && other != fd);
		say("%s: FD_CLOEXEC %d", how, fcntl(other, F_GETFD));
		write_all(fd, 0, 1000);
		write_all(other, 1000, 1000);
		read_exactly(other, 0, 500);
		read_exactly(fd, 500, 500);
		/* odd rounds lose the original first */
		close(i % 2 ? fd : other);
		write_all(i % 2 ? other : fd, 2000, 1000);
		read_exactly(i % 2 ? other : fd, 1000, 1000);
		close(i % 2 ? other : fd);
	}
}

static void client(int port)
{
	for (int i = 0; i < 5; i++) {
		int fd = dial(port);
		greet_server(fd);
		write_all(fd, 0, 1000);
		read_exactly(fd, 0, 3000);
		CHECK(poll_one(fd, POLLIN, 20) == 0);
		write_all(fd, 1000, 1000);
		expect_eof(fd);
		close(fd);
	}
}

CLAIM(server, client)
