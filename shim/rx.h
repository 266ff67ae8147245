/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading. Whole records go straight to the program's buffer; a record that is
 * larger than the buffer is taken from the kernel all but its last byte, which
 * stays there until the plaintext is used up, so that the kernel's readiness is
 * right without our help. Results are byte counts or -errno.
 */
#ifndef SVIDWRAP_SHIM_RX_H
#define SVIDWRAP_SHIM_RX_H

#include <sys/types.h>

#include "conn.h"
#include "cursor.h"

/* read(2) and its kin on an open connection, waiting as the socket's mode and
 * flags (MSG_DONTWAIT, MSG_PEEK, MSG_WAITALL) say. 0: the peer has ended. */
ssize_t rx_read(struct conn *c, int fd, struct cursor *cur, int flags);

/* FIONREAD: plaintext bytes that can be read without waiting. Never too few: a program
 * under edge triggering that has read so many waits for the next edge (nginx). Control
 * records and padding beyond the first 64 KiB of ciphertext count as data, and a
 * record of which a part is there behind whole ones as one byte. */
ssize_t rx_available(struct conn *c, int fd);

/* Reads on without delivering, to find the alert that explains a broken write. */
void rx_look_for_alert(struct conn *c, int fd);

/* At close: takes control records out of the way, so that the kernel does not
 * answer them with an RST. */
enum rx_drained {
	RX_EMPTY,	/* nothing more for now */
	RX_ENDED,	/* the peer has ended, or the connection is broken */
	RX_UNREAD_DATA, /* application data: TCP would reset too */
};
enum rx_drained rx_drain(struct conn *c, int fd);

#endif
