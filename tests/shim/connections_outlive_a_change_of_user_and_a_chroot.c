/* SPDX-License-Identifier: Apache-2.0 */
/* As daemons do once they listen: the connection that is open goes on. */
#include <grp.h>
#include <sys/stat.h>

#include "stream.h"

static void drop(void)
{
	char path[512];

	meeting_path(path, "empty");
	if (geteuid() != 0)
		exit(SKIPPED);
	CHECK(mkdir(path, 0755) == 0 || errno == EEXIST);
	CHECK(chroot(path) == 0 && chdir("/") == 0);
	CHECK(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0);
	CHECK(setresuid(65534, 65534, 65534) == 0);
	say("user %u", geteuid());
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	drop();
	echo_to_end(fd, 50000);
}

static void client(int port)
{
	int fd = dial(port);

	greet_server(fd);
	drop();
	write_all(fd, 0, 50000);
	read_exactly(fd, 0, 50000);
	close(fd);
}

CLAIM(server, client)
