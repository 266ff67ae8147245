/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/* A child connected the socket, and its parent may not write files any more: there is
 * no shared memory to be had to say that the connection is not the parent's. */
#include <sys/resource.h>

#include "refused.h"

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), go[2];
	struct rlimit was, none;
	char buf[1000], c;

	CHECK(pipe(go) == 0);
	pid_t pid = spawn_child();
	if (pid == 0) {
		CHECK(try_connect(fd, port) == 0);
		greet_server(fd);
		CHECK(write(go[1], "x", 1) == 1);
		pause_ms(200);
		go_on_client(fd);
		_exit(0);
	}
	CHECK(read(go[0], &c, 1) == 1);
	fill(buf, sizeof(buf), 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &was) == 0);
	none = was;
	none.rlim_cur = 0;
	CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
	ssize_t n = write(fd, buf, sizeof(buf));
	int e = errno;
	CHECK(setrlimit(RLIMIT_FSIZE, &was) == 0);
	CHECK(n == -1 && e != 0);
	reap(pid);
}

CLAIM(refused_server, client)
