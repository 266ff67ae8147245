/* SPDX-License-Identifier: Apache-2.0 */
/* The handler interrupts writes and reads at any instruction; its child
 * ends at once. */
#include <sys/time.h>

#include "stream.h"

#define TOTAL (8 * MIB)

static void on_alarm(int sig)
{
	int saved = errno;
	pid_t pid = fork();

	(void)sig;
	if (pid == 0)
		_exit(0);
	errno = saved;
}

static void storm(bool on)
{
	struct itimerval every = { { 0, on ? 3000 : 0 }, { 0, on ? 3000 : 0 } };

	CHECK(setitimer(ITIMER_REAL, &every, NULL) == 0);
}

static void server(int port)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	int fd = serve_one(port);

	greet_client(fd);
	signal(SIGCHLD, SIG_IGN);
	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	storm(true);
	write_all(fd, 0, TOTAL);
	read_exactly(fd, 0, TOTAL);
	storm(false);
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	read_exactly(fd, 0, TOTAL);
	write_all(fd, 0, TOTAL);
	expect_eof(fd);
}

CLAIM(server, client)
