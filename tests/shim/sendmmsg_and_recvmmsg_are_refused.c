/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	char buf[1000];
	struct iovec iov = { buf, sizeof(buf) };
	struct mmsghdr msg = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

	greet_server(fd);
	fill(buf, sizeof(buf), 0);
	REFUSED(sendmmsg, sendmmsg(fd, &msg, 1, 0));
	REFUSED(recvmmsg, recvmmsg(fd, &msg, 1, MSG_DONTWAIT, NULL));
	go_on_client(fd);
}

CLAIM(refused_server, client)
