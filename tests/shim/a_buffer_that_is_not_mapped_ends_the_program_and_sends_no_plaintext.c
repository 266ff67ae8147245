/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay refused */
/* docs/differences.md: bare it is EFAULT. The peer gets whole records or an error, never
 * a clean end. */
#include <sys/mman.h>

#include "stream.h"

#define GOOD (1024 * KIB)
#define ROUNDS 3

/* GOOD bytes, and then none. */
static char *edge(void)
{
	char *p = mmap(NULL, GOOD + 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(p != MAP_FAILED && mprotect(p + GOOD, 4096, PROT_NONE) == 0);
	fill(p, GOOD, 0);
	return p;
}

static void play(int port, int round)
{
	char *p = edge();
	int fd = dial(port);

	greet_server(fd);
	switch (round) {
	case 0:
		write(fd, p, GOOD + 100);
		break;
	case 1:
		write(fd, p + GOOD, 1);
		break;
	case 2:
		CHECK(write(fd, "?", 1) == 1);
		read(fd, p + GOOD - 10, 100);
		break;
	}
	_exit(0);
}

static void client(int port)
{
	for (int i = 0; i < ROUNDS; i++) {
		pid_t pid = spawn_child();
		int status;

		if (pid == 0) {
			signal(SIGSEGV, SIG_DFL); /* AddressSanitizer has its own */
			play(port, i);
		}
		CHECK(waitpid(pid, &status, 0) == pid);
		say("%s", WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV ? "SIGSEGV" : "not ended");
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
}

static void server(int port)
{
	int listener = listen_on(port);

	for (int i = 0; i < ROUNDS; i++) {
		int fd = accept_one(listener);

		greet_client(fd);
		if (i == 2) {
			char c;

			CHECK(read(fd, &c, 1) == 1 && c == '?');
			write_all(fd, 0, 100);
		}
		uint64_t n = read_to_end(fd, 0, 64 * KIB);
		int e = errno;

		CHECK(n <= GOOD && e == ECONNRESET);
		say("ends with %s", errno_name(e));
		close(fd);
	}
}

CLAIM(server, client)
