/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = dial(port), one = 1;
	char buf[1000];

	greet_server(fd);
	fill(buf, sizeof(buf), 0);
	REFUSED(zerocopy, send(fd, buf, sizeof(buf), MSG_ZEROCOPY));
	REFUSED(sockopt, setsockopt(fd, IPPROTO_TCP, TCP_ULP, "tls", 3));
	if (setsockopt(fd, SOL_SOCKET, SO_ZEROCOPY, &one, sizeof(one)) == 0)
		REFUSED(zerocopy, send(fd, buf, sizeof(buf), MSG_ZEROCOPY));
	go_on_client(fd);
}

CLAIM(refused_server, client)
