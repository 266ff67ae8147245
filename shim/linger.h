/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left to do after the program has closed: unsent bytes, close_notify, and
 * waiting until the peer's kernel has everything, since a control record that
 * arrives at a closed socket makes the kernel send RST and drop what is unsent.
 * A worker thread does it (linger_list.h).
 */
#ifndef SVIDWRAP_SHIM_LINGER_H
#define SVIDWRAP_SHIM_LINGER_H

#include "conn.h"

/* The last descriptor of this process for c is about to be closed; fd still is
 * open. Does at once what can be done at once. */
void linger_close(struct conn *c, int fd);

/* SHUT_WR that could not be completed at once: the worker goes on. */
void linger_shutdown(struct conn *c, int fd);

/* A non-blocking program may not come back before its peer has spoken: the worker
 * goes on with the handshake and with what was written before it. */
void linger_drive(struct conn *c, int fd);

/* At exit: ends every connection that is still open, and waits (bounded). */
void linger_exit(void);

#endif
