/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "refused.h"

static void client(int port)
{
	int fd = dial(port);


	greet_server(fd);
	FILE *f = fdopen(fd, "r+");
	CHECK(!f && errno == (int)REFUSED_fdopen);
	REFUSED(dprintf, dprintf(fd, "%s", MARKER));
	go_on_client(fd);
}

CLAIM(refused_server, client)
