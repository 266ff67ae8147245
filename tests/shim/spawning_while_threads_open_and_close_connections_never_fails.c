/* SPDX-License-Identifier: Apache-2.0 */
#include <spawn.h>

#include "churn.h"

extern char **environ;

static void once(void)
{
	char *argv[] = { (char *)"true", NULL };
	pid_t pid;
	int err = posix_spawnp(&pid, "true", NULL, NULL, argv, environ);

	if (err != 0)
		say("posix_spawnp: %s", errno_name(err));
	CHECK(err == 0);
	reap(pid);
}

CLAIM(churn_server, churn_client)
