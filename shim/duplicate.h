/* SPDX-License-Identifier: Apache-2.0 */
/* dup and its kin, and the program's own idea of close-on-exec. Results are
 * descriptors or -errno. */
#ifndef SVIDWRAP_SHIM_DUPLICATE_H
#define SVIDWRAP_SHIM_DUPLICATE_H

#include <stdbool.h>

struct conn;

/* The lowest free number >= min. */
int duplicate(int fd, int min, bool cloexec);
/* dup2 and dup3; fd != to. */
int duplicate_onto(int fd, int to, int flags);
/* Other numbers of fd's socket, duplicated before it was connected: may all of them
 * be managed, or does stdio own one? */
bool duplicate_twins_allow(int fd);
/* They are c's now. */
void duplicate_twins_join(struct conn *c, int fd);
/* None of c's numbers is managed any longer: the socket is as good as new. */
void duplicate_release(struct conn *c);
/* False: fd is not managed, ask libc. */
bool duplicate_set_cloexec(int fd, bool on);
/* What the program set on fd, which is managed. ctx: signal, also in a vfork child. */
bool duplicate_is_cloexec(int fd);

#endif
