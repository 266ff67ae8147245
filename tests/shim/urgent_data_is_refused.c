/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	char c;

	greet_server(fd);
	REFUSED(oob, send(fd, MARKER, strlen(MARKER), MSG_OOB));
	REFUSED(oob, recv(fd, &c, 1, MSG_OOB));
	go_on_client(fd);
}

CLAIM(refused_server, client)
