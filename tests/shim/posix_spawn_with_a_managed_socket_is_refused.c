/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include <spawn.h>

#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	posix_spawn_file_actions_t acts;

	greet_server(fd);
	CHECK(posix_spawn_file_actions_init(&acts) == 0);
	int err = posix_spawn_file_actions_adddup2(&acts, fd, 1);
	say("adddup2: %s", errno_name(err));
	CHECK(err != 0);
	go_on_client(fd);
}

CLAIM(refused_server, client)
