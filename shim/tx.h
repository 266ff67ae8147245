/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing. What the program writes is sealed and sent with MSG_DONTWAIT; sealed
 * bytes that did not go stay in the slot, since a sequence number once used is
 * never used again. Results are byte counts or -errno.
 */
#ifndef SVIDWRAP_SHIM_TX_H
#define SVIDWRAP_SHIM_TX_H

#include <stdbool.h>
#include <sys/types.h>

#include "conn.h"
#include "cursor.h"

/* write(2) and its kin on an open connection, waiting as the socket's mode and
 * flags (MSG_DONTWAIT, MSG_NOSIGNAL) say. -EPIPE comes without the signal. */
ssize_t tx_write(struct conn *c, int fd, struct cursor *cur, int flags);

/* Sends what is left over, never waiting. 0, -EAGAIN or -errno. */
int tx_flush(struct conn *c, int fd);

/* Flushes, seals close_notify, sends. 0, -EAGAIN (call again) or -errno. After it
 * no more is written. */
int tx_close_notify(struct conn *c, int fd);

/* A fatal alert, as far as it goes without waiting. */
void tx_alert(struct conn *c, int fd, int alert);

#endif
