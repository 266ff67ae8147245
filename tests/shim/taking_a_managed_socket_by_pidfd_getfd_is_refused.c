/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include <sys/syscall.h>
#include <sys/pidfd.h>

#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	int self = pidfd_open(getpid(), 0);

	greet_server(fd);
	CHECK(self >= 0);
	REFUSED(pidfd_getfd, pidfd_getfd(self, fd, 0));
	REFUSED(pidfd_getfd, syscall(SYS_pidfd_getfd, self, fd, 0));
	go_on_client(fd);
}

CLAIM(refused_server, client)
