/* SPDX-License-Identifier: Apache-2.0 */
/* dup and its kin, and the program's own idea of close-on-exec. Results are
 * descriptors or -errno. */
#ifndef SVIDWRAP_SHIM_DUPLICATE_H
#define SVIDWRAP_SHIM_DUPLICATE_H

#include <stdbool.h>

/* The lowest free number >= min. */
int duplicate(int fd, int min, bool cloexec);
/* dup2 and dup3; fd != to. */
int duplicate_onto(int fd, int to, int flags);
/* False: fd is not managed, ask libc. */
bool duplicate_set_cloexec(int fd, bool on);

#endif
