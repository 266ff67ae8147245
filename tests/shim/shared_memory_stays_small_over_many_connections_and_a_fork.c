/* SPDX-License-Identifier: Apache-2.0 */
/* Pages of the memory that processes share: given back at close, and a fork makes
 * none. */
#include "stream.h"

#define CONNECTIONS 100
#define BOUND_KIB 1024

/* Resident KiB of mappings whose name holds "memfd:". */
static long shared_kib(void)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	char line[512];
	bool ours = false;
	long sum = 0, n;

	CHECK(f);
	while (fgets(line, sizeof line, f)) {
		if (strchr(line, '-') && strchr(line, '/') && strstr(line, ":"))
			ours = strstr(line, "memfd:") != NULL;
		if (ours && sscanf(line, "Rss: %ld", &n) == 1)
			sum += n;
	}
	fclose(f);
	return sum;
}

/* Reads in small steps, so that whole records are kept aside. */
static void serve_some(int listener)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = accept_one(listener);
		greet_client(fd);
		CHECK(read_to_end(fd, 0, 1000) == 16 * KIB);
		close(fd);
	}
}

static void server(int port)
{
	int listener = listen_on(port);

	serve_some(listener);
	say("after the connections: %s", shared_kib() < BOUND_KIB ? "little" : "much");
	int fd = accept_one(listener);
	greet_client(fd);
	pid_t pid = spawn_child();
	if (pid == 0) {
		say("in the child: %s", shared_kib() < BOUND_KIB ? "little" : "much");
		exit(0);
	}
	reap(pid);
	say("after the fork: %s", shared_kib() < BOUND_KIB ? "little" : "much");
	close(fd);
}

static void client(int port)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		int fd = dial(port);
		greet_server(fd);
		write_all(fd, 0, 16 * KIB);
		close(fd);
	}
	int fd = dial(port);
	greet_server(fd);
	expect_eof(fd);
}

CLAIM(server, client)
