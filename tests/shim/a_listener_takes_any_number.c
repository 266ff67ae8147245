/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* As Postfix's master gives one to what it executes, where a pipe was; and as inetd does with "wait". */
#include "stream.h"

static void server(int port)
{
	char text[16], self[512];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int listener = listen_on(port), file = open("/dev/null", O_RDWR);

	CHECK(n > 0 && file >= 0);
	self[n] = '\0';
	CHECK(dup2(listener, file) == file);
	CHECK(dup2(listener, 0) == 0);
	close(listener);
	tell("listening");
	echo_to_end(accept_one(0), 5000);
	echo_to_end(accept_one(file), 5000);
	snprintf(text, sizeof(text), "%d", file);
	execl(self, self, "executed", text, NULL);
	CHECK(!"executed");
}

static int executed(int file)
{
	echo_to_end(accept_one(0), 5000);
	echo_to_end(accept_one(file), 5000);
	say("done");
	return 0;
}

static void client(int port)
{
	await_file("listening");
	for (int i = 0; i < 4; i++) {
		int fd = dial(port);

		write_all(fd, 0, 5000);
		read_exactly(fd, 0, 5000);
		close(fd);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "executed") == 0)
		return executed(atoi(argv[2]));
	return claim_main(argc, argv, server, client, NULL);
}
