/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Waiting, outside every lock, as the program's own blocking call would: bounded
 * by the socket's time-outs, interrupted by signals, a cancellation point.
 */
#ifndef SVIDWRAP_SHIM_WAIT_H
#define SVIDWRAP_SHIM_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct conn;

/* 0: there is something to read (or an end). Else -EAGAIN (SO_RCVTIMEO), -EINTR
 * or the socket's error. Restarts where the kernel restarts. A cancelled thread
 * gives up its reference to c. */
int wait_readable(struct conn *c, int fd);
/* 0: the socket takes more. Else -EAGAIN (SO_SNDTIMEO) or -EINTR. */
int wait_writable(struct conn *c, int fd);
/* For handshakes: POLLIN or POLLOUT within until_ms (CLOCK_MONOTONIC). 0, -EINTR or
 * -ETIMEDOUT. */
int wait_until(struct conn *c, int fd, short events, int64_t until_ms);

#endif
