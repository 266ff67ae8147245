/* SPDX-License-Identifier: Apache-2.0 */
/* A child that libc makes and that executes another image (posix_spawn(3)). */
#ifndef SVIDWRAP_SHIM_SPAWN_H
#define SVIDWRAP_SHIM_SPAWN_H

#include <spawn.h>
#include <stdbool.h>

/*
 * posix_spawn, or posix_spawnp where `search` says so: with the shim and its settings
 * in the child's environment, and with what this process has open and the child shall
 * have, if the image will have the shim. 0 or an errno. ctx: not signal (allocates).
 */
int spawn_image(pid_t *ret_pid, const char *file, bool search,
		const posix_spawn_file_actions_t *acts, const posix_spawnattr_t *attr,
		char *const argv[], char *const envp[]);

/* See fork.c. */
void spawn_fork_child(void);

/* Would a child that libc makes all by itself (system, popen) miss anything? */
bool spawn_matters(void);

#endif
