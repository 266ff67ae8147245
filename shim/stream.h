/* SPDX-License-Identifier: Apache-2.0 */
/* The program's reads and writes on a managed connection: drives the handshake,
 * then hands over to rx and tx. Results are byte counts or -errno. */
#ifndef SVIDWRAP_SHIM_STREAM_H
#define SVIDWRAP_SHIM_STREAM_H

#include <sys/uio.h>

#include "conn.h"

/* flags: MSG_*. Those that are not carried are refused (refusals.def). */
ssize_t stream_read(struct conn *c, int fd, const struct iovec *iov, int n, int flags);
/* Raises SIGPIPE as the kernel would, unless MSG_NOSIGNAL. */
ssize_t stream_write(struct conn *c, int fd, const struct iovec *iov, int n, int flags);
/* FIONREAD */
ssize_t stream_available(struct conn *c, int fd);
/* shutdown(2) */
int stream_shutdown(struct conn *c, int fd, int how);

#endif
