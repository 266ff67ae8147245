/* SPDX-License-Identifier: Apache-2.0 */
/* From a connect that was begun to a connection of TCP. */
#ifndef SVIDWRAP_SHIM_TCP_UP_H
#define SVIDWRAP_SHIM_TCP_UP_H

#include "conn.h"

/* Is TCP up? 0, and the connection is fresh; -EAGAIN, or why it never will be. A connect
 * that the kernel put off (TCP_FASTOPEN_CONNECT) is begun. ctx: signal. */
int tcp_up(struct conn *c, int fd);

#endif
