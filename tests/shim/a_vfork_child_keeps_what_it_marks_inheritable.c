/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* As Python's subprocess does with pass_fds: a connection and a listener, close-on-exec in the
 * parent, where they stay so. Then the listener under another number, which the parent has for
 * another file. */
#include "stream.h"

static char self[512];

/* The flags that the child saw, in the parent's memory. */
static void spawn_with(int fd, int as, const char *what)
{
	static volatile int before, after;
	char text[16];
	int status;
	pid_t pid;

	snprintf(text, sizeof(text), "%d", as);
	CHECK(fcntl(fd, F_SETFD, FD_CLOEXEC) == 0);
	if ((pid = vfork()) == 0) {
		before = fcntl(fd, F_GETFD);
		if (as == fd)
			fcntl(fd, F_SETFD, 0);
		else
			dup2(fd, as);
		after = fcntl(as, F_GETFD);
		execl(self, self, what, text, NULL);
		_exit(9);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	say("in the child %d, then %d; in the parent %d", before, after, fcntl(fd, F_GETFD));
}

static void server(int port)
{
	int listener = listen_on(port), fd = accept_one(listener);

	read_exactly(fd, 0, 10);
	spawn_with(fd, fd, "connection");
	close(fd);
	spawn_with(listener, listener, "listener");
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(fd >= 0);
	spawn_with(listener, fd, "listener");
	close(fd);
	close(listener);
}

static void talk(int port, int first)
{
	int fd = dial(port);

	write_all(fd, 0, first);
	write_all(fd, 0, 5000);
	read_exactly(fd, 0, 5000);
	close(fd);
}

static void client(int port)
{
	talk(port, 10);
	talk(port, 0);
	talk(port, 0);
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	CHECK(n > 0);
	if (argc == 3 && strcmp(argv[1], "connection") == 0)
		echo_to_end(atoi(argv[2]), 5000);
	else if (argc == 3 && strcmp(argv[1], "listener") == 0)
		echo_to_end(accept_one(atoi(argv[2])), 5000);
	else
		return claim_main(argc, argv, server, client, NULL);
	say("done");
	return 0;
}
