/* SPDX-License-Identifier: Apache-2.0 */
/* What happens to a connection when a descriptor of it goes. */
#ifndef SVIDWRAP_SHIM_CLOSING_H
#define SVIDWRAP_SHIM_CLOSING_H

#include <stdbool.h>

/* fd is about to be closed or replaced: takes it out of the table and, if it was
 * the connection's last in this process, ends the connection. Does nothing in a
 * vfork child, whose descriptors are its own but whose memory is the parent's.
 * True if it was managed. */
bool closing_forget(int fd);

#endif
