/* SPDX-License-Identifier: Apache-2.0 */
/* One side restarts its calls, the other retries them itself. */
#include <sys/time.h>

#include "stream.h"

#define TOTAL (5 * MIB)

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	alarms++;
}

static void storm(int flags, int us)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval every = { .it_interval.tv_usec = us, .it_value.tv_usec = us };

	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &every, NULL) == 0);
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	storm(SA_RESTART, 1000);
	say("%llu bytes", (unsigned long long)read_to_end(fd, 0, 3000));
	CHECK(errno == 0);
	write_all(fd, 0, TOTAL);
	storm(SA_RESTART, 0);
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	storm(0, 1000);
	write_all(fd, 0, TOTAL);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	say("%llu bytes", (unsigned long long)read_to_end(fd, 0, 3000));
	CHECK(errno == 0);
	storm(0, 0);
	CHECK(alarms > 0);
}

CLAIM(server, client)
