/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one exception to "readiness is the kernel's": a socket whose handshake is under
 * way is readable for poll and select once there is something for the program. A blocking
 * read after a POLLIN that was the handshake's would wait for a peer that has nothing to
 * say (socat), and a non-blocking one fail (rsync). epoll is left alone.
 */
#ifndef SVIDWRAP_SHIM_HANDSHAKE_WAIT_H
#define SVIDWRAP_SHIM_HANDSHAKE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "fdtab.h"

/* May fd's handshake be under way? One load for what is not managed. ctx: signal. */
bool handshake_pending(int fd);

enum readable {
	READABLE,	   /* or not ours to say */
	READABLE_NOT,	   /* the bytes were the handshake's, and are taken */
	READABLE_NOT_TAKEN /* they are still there: asking again at once finds them again */
};
/* The kernel calls fd readable: goes on with the handshake and says whether it is. */
enum readable handshake_readable(int fd);

#endif
