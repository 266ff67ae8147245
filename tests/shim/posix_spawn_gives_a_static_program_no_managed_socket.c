/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include "static.h"

/* Recorded before there is anything to it, too. */
static void client(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char path[512], *argv[] = { path, (char *)"0", (char *)"5", NULL };
	posix_spawn_file_actions_t acts;
	pid_t pid;

	static_tool(path);
	CHECK(posix_spawn_file_actions_init(&acts) == 0);
	CHECK(posix_spawn_file_actions_adddup2(&acts, fd, 5) == 0);
	CHECK(try_connect(fd, port) == 0);
	greet_server(fd);
	int err = posix_spawn(&pid, path, &acts, NULL, argv, environ);
	say("posix_spawn: %s", errno_name(err));
	CHECK(err == (int)REFUSED_spawn);
	CHECK(posix_spawn(&pid, path, NULL, NULL, argv, environ) == 0);
	got_nothing("without", status_of(pid));
	go_on_client(fd);
}

CLAIM(refused_server, client)
