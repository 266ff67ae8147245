/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* With one connection that waits in it, one that was accepted and not used, and, like nginx,
 * its number in the environment. */
#include "stream.h"

static void server(int port)
{
	char text[32], self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int listener = listen_on(port);
	int fresh = accept_one(listener);

	CHECK(n > 0);
	self[n] = '\0';
	snprintf(text, sizeof(text), "%d;%d", listener, fresh);
	CHECK(setenv("LISTENERS", text, 1) == 0);
	execl(self, self, "executed", NULL);
	CHECK(!"executed");
}

static int executed(void)
{
	int listener, fresh;

	CHECK(sscanf(getenv("LISTENERS"), "%d;%d", &listener, &fresh) == 2);
	echo_to_end(fresh, 5000);
	echo_to_end(accept_one(listener), 5000);
	say("done");
	return 0;
}

static void talk(int port)
{
	int fd = dial(port);

	write_all(fd, 0, 5000);
	read_exactly(fd, 0, 5000);
	close(fd);
}

static void client(int port)
{
	talk(port);
	talk(port);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "executed") == 0)
		return executed();
	return claim_main(argc, argv, server, client, NULL);
}
