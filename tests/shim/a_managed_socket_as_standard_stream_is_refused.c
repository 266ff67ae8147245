/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = dial(port);


	greet_server(fd);
	for (int std = 0; std < 3; std++) {
		REFUSED(stdio_dup, dup2(fd, std));
		REFUSED(stdio_dup, dup3(fd, std, O_CLOEXEC));
	}
	go_on_client(fd);
}

CLAIM(refused_server, client)
