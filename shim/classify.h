/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a socket is to the policy. A descriptor whose origin nobody saw (inherited,
 * passed) is judged by its addresses at the first touch; if it is to be managed it
 * must be untouched, or it is refused.
 */
#ifndef SVIDWRAP_SHIM_CLASSIFY_H
#define SVIDWRAP_SHIM_CLASSIFY_H

#include <stdbool.h>

#include "conn.h"

/* An IPv4 or IPv6 stream socket, by what socket(2) was asked for? Everything else
 * is none of our business. */
bool classify_may_carry_tcp(int domain, int type);
/* The same of an open one. */
bool classify_is_inet_stream(int fd);

/*
 * Looks at a descriptor of unknown origin and enters it in the table. Afterwards
 * its word is not FD_UNKNOWN, except for a number that is not open.
 */
void classify(int fd);

/* Inherited: may libc write to it? Nothing is carried yet, or the policy bypasses it. */
bool classify_may_go_plain(int fd);

/* A socket that is connected, and that nothing is to be carried on. */
void classify_refuse(int fd, const char *reason);

/* A listener that the policy has a say in is entered as one: no image without the
 * shim may inherit it, and what it accepts is born close-on-exec. */
void classify_listener(int fd);

/*
 * A socket that accept just returned, made with SOCK_CLOEXEC if `closed_on_exec`.
 * flags are accept4's. 0: entered, managed or not; -errno: refused, and the
 * caller closes it.
 */
int classify_accepted(int fd, int flags, const struct sockaddr *remote);

#endif
