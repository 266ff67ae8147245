/* SPDX-License-Identifier: Apache-2.0 */
/* Socket options whose answer on a managed connection is the shim's. */
#ifndef SVIDWRAP_SHIM_SOCKOPT_H
#define SVIDWRAP_SHIM_SOCKOPT_H

#include <sys/socket.h>

#include "conn.h"

/* As getsockopt(2) and setsockopt(2): 0 or -errno. */
int sockopt_get(struct conn *c, int fd, int level, int name, void *val, socklen_t *len);
int sockopt_set(struct conn *c, int fd, int level, int name, const void *val, socklen_t len);

#endif
