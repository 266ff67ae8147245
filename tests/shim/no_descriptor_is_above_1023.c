/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever the limit: fork copies the table up to the highest one, and select knows no others. */
#include <dirent.h>

#include "many.h"

static void look(void)
{
	DIR *d = opendir("/proc/self/fd");
	struct dirent *e;
	int highest = 0;

	CHECK(d);
	while ((e = readdir(d)))
		if (atoi(e->d_name) > highest)
			highest = atoi(e->d_name);
	closedir(d);
	say("below 1024: %d", highest < 1024);
}

static void server(int port)
{
	int fd;

	raise_limit();
	fd = serve_one(port);
	greet_client(fd);
	look();
	expect_eof(fd);
}

static void client(int port)
{
	int fd;

	raise_limit();
	fd = dial(port);
	greet_server(fd);
	look();
	close(fd);
}

CLAIM(server, client)
