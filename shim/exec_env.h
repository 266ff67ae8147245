/* SPDX-License-Identifier: Apache-2.0 */
/* The environment of the next image: a program that cleans it (env -i, su -, sudo)
 * does not mean to lose the shim. What it sets itself stays as it is. */
#ifndef SVIDWRAP_SHIM_EXEC_ENV_H
#define SVIDWRAP_SHIM_EXEC_ENV_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* The memfd of a hand-over (handover.h), for the next image. */
#define HANDOVER_ENV "SVIDWRAP_HANDOVER"

/* Remembers, in the constructor, what was set when this image began. */
void exec_env_init(void);

/* The shim as the next image will find it named, if envp is completed. False: it is
 * not, or the name is too long. ctx: signal. */
bool exec_env_preload(char *const envp[], char ret[PATH_MAX]);

/* Room that exec_env_fill needs, in bytes; 0: envp may be used as it is.
 * handover: the memfd, or -1. ctx: signal. */
size_t exec_env_size(char *const envp[], int handover);
/* Makes the environment in room, of that size. Borrows envp's strings. ctx: signal. */
char **exec_env_fill(char *const envp[], int handover, void *room);

#endif
