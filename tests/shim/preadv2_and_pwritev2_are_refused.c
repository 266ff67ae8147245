/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include <sys/uio.h>

#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	char buf[1000];
	struct iovec iov = { buf, sizeof(buf) };

	greet_server(fd);
	fill(buf, sizeof(buf), 0);
	REFUSED(pwritev2, pwritev2(fd, &iov, 1, -1, 0));
	REFUSED(preadv2, preadv2(fd, &iov, 1, -1, RWF_NOWAIT));
	go_on_client(fd);
}

CLAIM(refused_server, client)
