/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes between a managed connection and a file or pipe, which the kernel would move
 * without showing them to us: read here, sealed or opened on the way. What the
 * other side does not take stays where it was. Results are byte counts or -errno, as
 * sendfile(2) and splice(2) have them.
 */
#ifndef SVIDWRAP_SHIM_TRANSFER_H
#define SVIDWRAP_SHIM_TRANSFER_H

#include <sys/types.h>

#include "conn.h"

/* From the file `in` to c. off: where to read, moved on; NULL: the file's position. */
ssize_t transfer_file(struct conn *c, int fd, int in, off_t *off, size_t n);
/* From the pipe `in` to c; flags: SPLICE_F_*. */
ssize_t transfer_from_pipe(struct conn *c, int fd, int in, size_t n, unsigned flags);
/* From c to the pipe `out`. */
ssize_t transfer_to_pipe(struct conn *c, int fd, int out, size_t n, unsigned flags);

#endif
