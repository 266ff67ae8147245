/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	char command[64];

	greet_server(fd);
	CHECK(fcntl(fd, F_GETFD) == 0); /* not close-on-exec, as the program sees it */
	snprintf(command, sizeof(command), "test ! -e /proc/self/fd/%d", fd);
	int status = system(command);
	show("in system(): gone", status == 0);
	CHECK(status == 0);
	pid_t pid = spawn_child();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(9);
	}
	reap(pid);
	go_on_client(fd);
}

CLAIM(refused_server, client)
