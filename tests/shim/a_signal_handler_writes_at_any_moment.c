/* SPDX-License-Identifier: Apache-2.0 */
/* Its own connection, while the program allocates and writes to another; and now and then the one that is being written
 * to, where it may be told EINTR, but waits for nobody. */
#include <sys/time.h>

#include "stream.h"

#define TOTAL (8 * MIB)

static int log_fd, busy_fd;
static volatile uint64_t logged;

static void on_alarm(int sig)
{
	char line[64];
	int saved = errno;
	ssize_t r;

	(void)sig;
	fill(line, sizeof(line), logged);
	if (write(log_fd, line, sizeof(line)) != sizeof(line))
		_exit(9);
	logged += sizeof(line);
	r = send(busy_fd, line, 0, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (r != 0 && !(r < 0 && errno == EINTR))
		_exit(8);
	errno = saved;
}

static void alarms(int us)
{
	struct itimerval every = { .it_interval.tv_usec = us, .it_value.tv_usec = us };
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };

	CHECK(sigaction(SIGALRM, &sa, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &every, NULL) == 0);
}

static void client(int port)
{
	char much[3000];

	busy_fd = dial(port);
	greet_server(busy_fd);
	log_fd = dial(port);
	greet_server(log_fd);
	alarms(300);
	for (uint64_t off = 0; off < TOTAL; off += sizeof(much)) {
		size_t n = off + sizeof(much) < TOTAL ? sizeof(much) : TOTAL - off;
		void *mem[8];

		for (size_t i = 0; i < 8; i++)
			CHECK((mem[i] = malloc((i + 1) * 40 + off % 100)));
		fill(much, n, off);
		write_all(busy_fd, off, n);
		for (size_t i = 0; i < 8; i++)
			free(mem[i]);
	}
	alarms(0);
	CHECK(logged > 0);
	close(busy_fd);
	close(log_fd);
}

static void *read_log(void *arg)
{
	uint64_t n = read_to_end(*(int *)arg, 0, 1000);

	CHECK(errno == 0 && n > 0 && n % 64 == 0);
	return NULL;
}

static void server(int port)
{
	int listener = listen_on(port), busy, log;
	pthread_t t;

	busy = accept_one(listener);
	greet_client(busy);
	log = accept_one(listener);
	greet_client(log);
	CHECK(pthread_create(&t, NULL, read_log, &log) == 0);
	say("%llu bytes", (unsigned long long)read_to_end(busy, 0, 5000));
	CHECK(errno == 0);
	CHECK(pthread_join(t, NULL) == 0);
}

CLAIM(server, client)
