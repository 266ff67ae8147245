/* SPDX-License-Identifier: Apache-2.0 */
/* connect(2) on an IPv4 or IPv6 stream socket, judged. */
#ifndef SVIDWRAP_SHIM_CONNECT_H
#define SVIDWRAP_SHIM_CONNECT_H

#include <sys/socket.h>

#include "conn.h"

/* sa is AF_INET, AF_INET6 or AF_UNSPEC. 0 or -errno. */
int connect_call(int fd, const struct sockaddr *sa, socklen_t len);

/* TCP may have come up since: the SO_ERROR that a non-blocking program asks for
 * drives the ClientHello. 0, or the (positive) errno to report. */
int connect_error(struct conn *c, int fd);

#endif
