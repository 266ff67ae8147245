/* SPDX-License-Identifier: Apache-2.0 */
/* What a non-blocking program writes before the handshake is up is held until it is. */
#ifndef SVIDWRAP_SHIM_EARLY_H
#define SVIDWRAP_SHIM_EARLY_H

#include <sys/types.h>

#include "conn.h"
#include "cursor.h"

/* Holds what a non-blocking program writes before the handshake is up: a short
 * count, or -EAGAIN when full (after a moment in poll, so that a program that
 * only retries does not spin). */
ssize_t drive_early_write(struct conn *c, int fd, struct cursor *cur);

/* Sends what was held. 0, -EAGAIN or -errno. */
int drive_early_flush(struct conn *c, int fd);

#endif
