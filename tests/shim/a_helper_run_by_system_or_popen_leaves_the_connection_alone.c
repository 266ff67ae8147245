/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void talk(int fd, uint64_t off, bool first)
{
	if (first)
		write_all(fd, off, 3000);
	read_exactly(fd, off, 3000);
	if (!first)
		write_all(fd, off, 3000);
}

static void run_helpers(void)
{
	char line[64] = "";
	FILE *p = popen("echo from the helper", "r");

	CHECK(p && fgets(line, sizeof(line), p));
	CHECK(strcmp(line, "from the helper\n") == 0);
	show("pclose", pclose(p));
	show("system", system("exit 7") >> 8);
	volatile int why = 0; /* the child's memory is ours, and we wait */
	pid_t pid = vfork();
	if (pid == 0) {
		execl("/nonexistent", "x", NULL);
		why = errno;
		_exit(3);
	}
	CHECK(why == ENOENT);
	int status = -1;
	CHECK(waitpid(pid, &status, 0) == pid);
	show("vfork and a failed exec", WEXITSTATUS(status));
}

static void server(int port)
{
	int fd = serve_one(port);

	talk(fd, 0, false);
	run_helpers();
	talk(fd, 3000, false);
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);

	talk(fd, 0, true);
	run_helpers();
	talk(fd, 3000, true);
	close(fd);
}

CLAIM(server, client)
