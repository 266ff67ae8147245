/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shim's own descriptors (agent stream, log, arenas, lingering sockets) in a
 * program that does not know of them: kept away from low numbers, close-on-exec,
 * and safe from close-all loops. ctx: signal.
 */
#ifndef SVIDWRAP_SHIM_OWNFD_H
#define SVIDWRAP_SHIM_OWNFD_H

#include <stdbool.h>

#define OWNFD_MAX 1024

/* Moves fd to a high number below 1024 where it can (a higher one makes each
 * fork slower) and guards it. Returns the number to use, or -1 (fd is closed
 * then). */
int ownfd_adopt(int fd);
/* Duplicates fd (the program's) into a guarded one, or -1. */
int ownfd_dup(int fd);
/* Guards fd where it is. False: no place for it. */
bool ownfd_guard(int fd);
/* Closes a guarded descriptor. */
void ownfd_close(int fd);
bool ownfd_is(int fd);
/* The lowest guarded number >= from, or -1: for ranges that must step around. */
int ownfd_next(int from);

#endif
