/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/* There is no shared memory, address space or descriptor to be had for it: connect says so,
 * nothing is sent, no signal comes (SIGXFSZ), and a child is executed all the same. */
#include "limits.h"
#include "refused.h"

static void lower(int limit, rlim_t to)
{
	struct rlimit lim;

	CHECK(getrlimit(limit, &lim) == 0);
	lim.rlim_cur = to;
	CHECK(setrlimit(limit, &lim) == 0);
}

static void lift(int limit)
{
	struct rlimit lim;

	CHECK(getrlimit(limit, &lim) == 0);
	lim.rlim_cur = lim.rlim_max;
	CHECK(setrlimit(limit, &lim) == 0);
}

static void refused_under(int limit, rlim_t to, int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), e;

	lower(limit, limit == RLIMIT_NOFILE ? (rlim_t)fd + 3 : to); /* enough for the agent */
	int r = try_connect(fd, port);
	e = errno;
	lift(limit);
	errno = e;
	show("connect", r);
	CHECK(r == -1 && (e == ENOBUFS || e == ENOMEM || e == EMFILE));
	CHECK(write(fd, MARKER, 10) == -1);
	close(fd);
}

/* An open connection is handed on in a file in memory. */
static void exec_without_files(int fd)
{
	CHECK(fcntl(fd, F_SETFD, 0) == 0);
	pid_t pid = spawn_child();
	if (pid == 0) {
		lower(RLIMIT_FSIZE, 0);
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	reap(pid);
}

static void play(int port, int round)
{
	switch (round) {
	case 0:
		refused_under(RLIMIT_FSIZE, 0, port);
		break;
	case 1:
		refused_under(RLIMIT_FSIZE, 64 * MIB, port);
		break;
	case 2:
		refused_under(RLIMIT_AS, address_space() + MIB, port);
		break;
	case 3:
		refused_under(RLIMIT_NOFILE, 0, port);
		break;
	}
}

static void client(int port)
{
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < 4; i++) {
#ifdef __SANITIZE_ADDRESS__ /* it has no address space without memory */
		if (i == 2)
			continue;
#endif
		pid_t pid = spawn_child();

		if (pid == 0) {
			play(port, i);
			_exit(0);
		}
		reap(pid);
	}
	int fd = dial(port);
	greet_server(fd);
	exec_without_files(fd);
	go_on_client(fd);
}

CLAIM(refused_server, client)
