/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* Parent and the program take turns in writing, after fork and after vfork; then the parent
 * goes on alone. Either must go on with the sequence number where the other stopped. */
#include <sys/syscall.h>

#include "stream.h"

#define TURN 3000

static char self[512];

static void execute(int fd, uint64_t from)
{
	char a[16], b[24];

	snprintf(a, sizeof(a), "%d", fd);
	snprintf(b, sizeof(b), "%llu", (unsigned long long)from);
	execl(self, self, "executed", a, b, NULL);
}

static void turns(int fd, bool by_vfork, uint64_t from)
{
	pid_t pid;

	write_all(fd, from, TURN);
	pid = by_vfork ? vfork() : fork();
	if (pid == 0) {
		execute(fd, from + TURN);
		_exit(9);
	}
	reap(pid);
	say("the program has ended");
	write_all(fd, from + 2 * TURN, TURN);
	read_exactly(fd, from + TURN, TURN);
}

static void server(int port)
{
	int fd = serve_one(port);

	read_exactly(fd, 0, 10);
	turns(fd, false, 0);
	turns(fd, true, 3 * TURN);
	close(fd);
}

static int executed(char **argv)
{
	int fd = atoi(argv[2]);
	uint64_t from = strtoull(argv[3], NULL, 10);

	read_exactly(fd, from - TURN, TURN);
	write_all(fd, from, TURN);
	close(fd);
	return 0;
}

static void client(int port)
{
	int fd = dial(port);

	write_all(fd, 0, 10);
	for (uint64_t from = 0; from < 6 * TURN; from += 3 * TURN) {
		write_all(fd, from, 2 * TURN);
		read_exactly(fd, from, 3 * TURN);
	}
	expect_eof(fd);
	close(fd);
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	CHECK(n > 0);
	if (argc == 4 && strcmp(argv[1], "executed") == 0)
		return executed(argv);
	return claim_main(argc, argv, server, client, NULL);
}
