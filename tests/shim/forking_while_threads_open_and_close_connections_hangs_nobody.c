/* SPDX-License-Identifier: Apache-2.0 */
#include "churn.h"

static void once(void)
{
	pid_t pid = spawn_child();

	if (pid == 0)
		_exit(0);
	reap(pid);
}

CLAIM(churn_server, churn_client)
