/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), go[2];
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
	/* The keys are the child's: its parent is refused. */
	CHECK(write(fd, buf, sizeof(buf)) == -1);
	reap(pid);
}

CLAIM(refused_server, client)
