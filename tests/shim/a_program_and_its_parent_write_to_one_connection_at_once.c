/* SPDX-License-Identifier: Apache-2.0 */
/* The program comes out of vfork and exec, when nobody shared before, then out of fork; each byte is a record of
 * its own, and all of them arrive only if no two had the same number. */
#include "stream.h"

#define RECORDS 4000

static char self[512];

static void write_records(int fd, char c)
{
	for (int i = 0; i < RECORDS; i++)
		CHECK(write(fd, &c, 1) == 1);
}

static void both(int fd, bool by_vfork)
{
	char text[16];
	pid_t pid;

	snprintf(text, sizeof(text), "%d", fd);
	pid = by_vfork ? vfork() : fork();
	if (pid == 0) {
		execl(self, self, "executed", text, NULL);
		_exit(9);
	}
	/* Not before it writes, too. */
	await_file(by_vfork ? "first" : "second");
	write_records(fd, 'p');
	reap(pid);
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	setenv("ROUND", "first", 1);
	both(fd, true);
	setenv("ROUND", "second", 1);
	both(fd, false);
	close(fd);
}

static int executed(int fd)
{
	tell(getenv("ROUND"));
	write_records(fd, 'x');
	return 0;
}

static void client(int port)
{
	int fd = dial(port), seen[256] = { 0 };
	unsigned char buf[4096];
	ssize_t n;

	greet_server(fd);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		for (ssize_t i = 0; i < n; i++)
			seen[buf[i]]++;
	show("the end", n);
	say("parent %d, program %d", seen['p'], seen['x']);
	CHECK(n == 0 && seen['p'] == 2 * RECORDS && seen['x'] == 2 * RECORDS);
	close(fd);
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	CHECK(n > 0);
	if (argc == 3 && strcmp(argv[1], "executed") == 0)
		return executed(atoi(argv[2]));
	return claim_main(argc, argv, server, client, NULL);
}
