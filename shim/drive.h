/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings a connection from "TCP is up" to "open": the handshake belongs to one
 * process, is begun by the first call that needs it and goes on in whatever call
 * comes next, so that accept stays lazy and readiness stays the kernel's.
 */
#ifndef SVIDWRAP_SHIM_DRIVE_H
#define SVIDWRAP_SHIM_DRIVE_H

#include <stdbool.h>

#include "conn.h"

enum drive_call {
	DRIVE_READ,    /* reads next, so data that is queued needs no new edge */
	DRIVE_WRITE,
	DRIVE_CONNECT, /* connect, or the SO_ERROR that stands for it */
	DRIVE_ASIDE,   /* a failure is not the program's answer now: it is kept for
			* the call that asks */
};

#define DRIVE_ENDED 1 /* failed before, and that was reported: EOF or EPIPE */

/* 0: open; DRIVE_ENDED; -EAGAIN (if !wait, or for as long as this call waits at most:
 * the program's SO_RCVTIMEO and SO_SNDTIMEO, half a second in connect); else -errno. */
int drive(struct conn *c, int fd, enum drive_call call, bool wait);

#endif
