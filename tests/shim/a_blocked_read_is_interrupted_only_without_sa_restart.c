/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/time.h>

#include "stream.h"

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	alarms++;
}

static void alarm_soon(int flags)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval in = { .it_value.tv_usec = 100000 };

	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &in, NULL) == 0);
}

static void server(int port)
{
	int fd = serve_one(port);
	char buf[100];

	greet_client(fd);
	alarm_soon(0);
	show("without SA_RESTART: read", read(fd, buf, sizeof(buf)));
	alarm_soon(0);
	show("without SA_RESTART: recv", recv(fd, buf, sizeof(buf), 0));
	say("%d alarms", alarms);
	tell("interrupted");
	alarm_soon(SA_RESTART);
	show("with SA_RESTART: read", read(fd, buf, sizeof(buf)));
	say("%d alarms", alarms);
	CHECK(alarms == 3 && matches(buf, 100, 0));
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	await("interrupted");
	pause_ms(300);
	write_all(fd, 0, 100);
	expect_eof(fd);
}

CLAIM(server, client)
