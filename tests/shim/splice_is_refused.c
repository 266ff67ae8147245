/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	int pipes[2];
	char buf[1000];

	greet_server(fd);
	fill(buf, sizeof(buf), 0);
	CHECK(pipe(pipes) == 0 && write(pipes[1], buf, sizeof(buf)) == sizeof(buf));
	REFUSED(splice, splice(pipes[0], NULL, fd, NULL, sizeof(buf), 0));
	REFUSED(splice, splice(fd, NULL, pipes[1], NULL, 100, SPLICE_F_NONBLOCK));
	go_on_client(fd);
}

CLAIM(refused_server, client)
