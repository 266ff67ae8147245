/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	struct sockaddr_in sin = loopback(port);
	char buf[1000];
	int fast = socket(AF_INET, SOCK_STREAM, 0);

	fill(buf, sizeof(buf), 0);
	/* It would connect and send in one call. */
	REFUSED(fastopen, sendto(fast, buf, sizeof(buf), MSG_FASTOPEN, (struct sockaddr *)&sin, sizeof(sin)));
	close(fast);
	greet_server(fd);
	go_on_client(fd);
}

CLAIM(refused_server, client)
