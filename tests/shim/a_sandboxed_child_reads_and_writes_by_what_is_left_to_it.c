/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* A seccomp filter that kills for anything but read, write and waiting, as over sshd's
 * unprivileged child; strict mode; and a filter that forbids nothing we need. */
#include "filter.h"

static void work(int fd, uint64_t off, bool nonblocking)
{
	char buf[1000];

	for (int i = 0; i < 20; i++) {
		size_t done = 0;

		while (done < sizeof(buf)) {
			ssize_t r = read(fd, buf + done, sizeof(buf) - done);

			if (r < 0 && errno == EAGAIN && nonblocking) {
				poll_one(fd, POLLIN, 5000);
				continue;
			}
			CHECK(r > 0);
			done += (size_t)r;
		}
		CHECK(matches(buf, sizeof(buf), off));
		CHECK(write(fd, buf, sizeof(buf)) == sizeof(buf));
		off += sizeof(buf);
	}
}

static void strictly(int fd)
{
	char buf[32];

	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	CHECK(read(fd, buf, sizeof(buf)) == sizeof(buf) && matches(buf, sizeof(buf), 0));
	CHECK(write(fd, buf, sizeof(buf)) == sizeof(buf));
	syscall(SYS_exit, 0);
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	for (int turn = 0; turn < 4; turn++) {
		pid_t pid = spawn_child();

		if (pid == 0) {
			set_nonblocking(fd, turn == 1);
			if (turn == 3)
				strictly(fd);
			install(turn < 2);
			if (turn == 2)
				CHECK(recv(fd, &(char){ 0 }, 1, MSG_PEEK) == 1);
			work(fd, (uint64_t)turn * 20000, turn == 1);
			close(fd);
			_exit(0);
		}
		reap(pid);
		set_nonblocking(fd, false);
		read_exactly(fd, 0, 500);
		write_all(fd, 0, 500);
	}
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	for (int turn = 0; turn < 4; turn++) {
		for (int i = 0; i < 20 && turn < 3; i++) {
			write_all(fd, (uint64_t)turn * 20000 + (uint64_t)i * 1000, 1000);
			read_exactly(fd, (uint64_t)turn * 20000 + (uint64_t)i * 1000, 1000);
		}
		if (turn == 3) {
			write_all(fd, 0, 32);
			read_exactly(fd, 0, 32);
		}
		write_all(fd, 0, 500);
		read_exactly(fd, 0, 500);
	}
	close(fd);
}

CLAIM(server, client)
