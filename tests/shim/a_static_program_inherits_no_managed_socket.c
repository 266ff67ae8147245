/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "static.h"

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	gets_nothing(fd);
	go_on_client(fd);
}

CLAIM(refused_server, client)
