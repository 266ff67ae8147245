/* SPDX-License-Identifier: Apache-2.0 */
/* PATH (environ(7)), as execvp(3) and posix_spawnp(3) search it. */
#ifndef SVIDWRAP_PROGRAM_PATH_SEARCH_H
#define SVIDWRAP_PROGRAM_PATH_SEARCH_H

#include <limits.h>
#include <stdbool.h>

/* Where a search begins: PATH, or glibc's default, confstr(_CS_PATH). ctx: signal. */
const char *path_search_begin(void);

/* The next place where name, without a slash, may be: its path, the name alone for the
 * current folder. Places with longer paths than PATH_MAX are left out. *at moves on;
 * false: there are no more. ctx: signal. */
bool path_search_next(const char **at, const char *name, char ret[PATH_MAX]);

#endif
