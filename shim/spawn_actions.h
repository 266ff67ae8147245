/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a child that libc makes does with its descriptors before it executes
 * (posix_spawn_file_actions_t), read and written behind libc's back: its functions
 * only add at the end. glibc's posix/spawn_int.h has the layout; it is tried out
 * before it is believed.
 */
#ifndef SVIDWRAP_SHIM_SPAWN_ACTIONS_H
#define SVIDWRAP_SHIM_SPAWN_ACTIONS_H

#include <spawn.h>
#include <stdbool.h>

/* The layout is another one: nothing can be handed over. */
bool spawn_actions_known(void);

/* each(fd, newfd, ctx) for every dup2 among them, acts may be NULL; true if one of the
 * calls was true. */
bool spawn_actions_each_dup2(const posix_spawn_file_actions_t *acts,
			     bool (*each)(int fd, int newfd, void *ctx), void *ctx);
/* Is the folder changed before the image is looked for? */
bool spawn_actions_move(const posix_spawn_file_actions_t *acts);

/* ret: fds[0..n) lose their close-on-exec flag, then come acts (which may be NULL), with
 * no dup2 of these onto 2. Give it to spawn_actions_free; it borrows from acts. False:
 * out of memory. */
bool spawn_actions_with(posix_spawn_file_actions_t *ret, const int *fds, int n,
			const posix_spawn_file_actions_t *acts);
void spawn_actions_free(posix_spawn_file_actions_t *acts);

#endif
