/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* Both ways, under two numbers, with a record half read; after an exec that failed, twice. */
#include "stream.h"

static char self[512];

static void execute(int fd, int other, int stage)
{
	char a[16], b[16], c[16];

	snprintf(a, sizeof(a), "%d", fd);
	snprintf(b, sizeof(b), "%d", other);
	snprintf(c, sizeof(c), "%d", stage);
	errno = 0;
	show("exec of nothing", execl("/nonexistent", "x", NULL));
	execl(self, self, "executed", a, b, c, NULL);
	CHECK(!"executed");
}

static void server(int port)
{
	int listener = listen_on(port);
	int fd = accept_one(listener);

	greet_client(fd);
	int closed = accept_one(listener);
	greet_client(closed);
	CHECK(fcntl(closed, F_SETFD, FD_CLOEXEC) == 0);
	close(listener);
	read_exactly(fd, 0, 1000);
	int other = dup(fd);
	CHECK(other >= 0);
	execute(fd, other, 1); /* closed stays behind */
}

/* A stage reads on where the one before stopped, and writes on. */
static int executed(char **argv)
{
	int fd = atoi(argv[2]), other = atoi(argv[3]), stage = atoi(argv[4]);

	say("stage %d", stage);
	CHECK(fcntl(fd, F_GETFD) == 0 && fcntl(other, F_GETFD) == 0);
	CHECK(fcntl(fd > other ? fd + 1 : other + 1, F_GETFD) == -1);
	read_exactly(fd, stage == 1 ? 1000 : 3000, 2000);
	write_all(other, stage == 1 ? 0 : 7000, 7000);
	if (stage == 1)
		execute(fd, other, 2);
	close(other);
	expect_eof(fd);
	close(fd);
	say("done");
	return 0;
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	int closed = dial(port);
	greet_server(closed);
	write_all(fd, 0, 5000);
	read_exactly(fd, 0, 14000);
	close(fd);
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	CHECK(n > 0);
	if (argc == 5 && strcmp(argv[1], "executed") == 0)
		return executed(argv);
	return claim_main(argc, argv, server, client, NULL);
}
