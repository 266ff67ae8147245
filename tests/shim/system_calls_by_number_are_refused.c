/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include <sys/syscall.h>

#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	char buf[1000];

	greet_server(fd);
	fill(buf, sizeof(buf), 0);
	REFUSED(syscall, syscall(SYS_write, fd, buf, sizeof(buf)));
	REFUSED(syscall, syscall(SYS_sendto, fd, buf, sizeof(buf), 0, NULL, 0));
	REFUSED(syscall, syscall(SYS_read, fd, buf, sizeof(buf)));
	REFUSED(syscall, syscall(SYS_recvfrom, fd, buf, sizeof(buf), MSG_DONTWAIT, NULL, NULL));
	go_on_client(fd);
}

CLAIM(refused_server, client)
