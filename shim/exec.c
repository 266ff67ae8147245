/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <alloca.h>
#include <fcntl.h>

#include "exec_env.h"
#include "shim.h"

static int execute(const struct image *im, char *const argv[], char *const envp[])
{
	/* A sandbox may know execve alone. */
	return im->dir == AT_FDCWD && !im->flags ? real.execve(im->path, argv, envp)
						 : real.execveat(im->dir, im->path, argv, envp, im->flags);
}

int exec_image(const struct image *im, char *const argv[], char *const envp[])
{
	size_t room;

	shim_up();
	room = exec_env_size(envp, -1);
	return execute(im, argv, room ? exec_env_fill(envp, -1, alloca(room)) : envp);
}
