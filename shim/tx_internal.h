/* SPDX-License-Identifier: Apache-2.0 */
/* What tx*.c share. tx.c has the program's writes and what waits to be sent,
 * tx_seal.c makes records, tx_control.c sends those that are not the program's. The
 * caller is inside conn_enter. */
#ifndef SVIDWRAP_SHIM_TX_INTERNAL_H
#define SVIDWRAP_SHIM_TX_INTERNAL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "conn.h"
#include "cursor.h"
#include "scratch.h"

/* Order that survives SIGKILL: busy, sequence number, seal, send, keep what did
 * not go, not busy. A busy word left behind means that nobody can tell which
 * bytes the peer has: that direction is over (conn_enter). */
static inline void tx_busy(struct conn *c)
{
	atomic_store(&c->slot->dir[DIR_TX].busy, arena_self(c->arena));
}

static inline void tx_idle(struct conn *c)
{
	atomic_store(&c->slot->dir[DIR_TX].busy, 0);
}

/* tx_seal.c; errors: as conn_seq and record_seal. The direction is busy. */
/* Seals one record at out + *len, which grows. */
struct result tx_seal(struct conn *c, enum content_type type, const uint8_t *in, size_t n,
		      uint8_t *out, size_t *len, struct err *err);
/* Seals records of what cur still has into s->cipher, as many as one send takes.
 * *ret_len and *ret_plain, bytes sealed and taken, grow. */
struct result tx_seal_chunk(struct conn *c, struct cursor *cur, struct scratch *s,
			    size_t *ret_len, size_t *ret_plain, struct err *err);

/* tx.c */
/* Sends out[] of the slot. 0, -EAGAIN or -errno. */
int tx_flush_locked(struct conn *c, int fd);
/* Sends len sealed bytes, at most OUT_SIZE, with out[] empty; keeps what does not
 * go. Returns how many stay, or -errno. The direction is busy. */
ssize_t tx_send_or_keep(struct conn *c, int fd, const uint8_t *sealed, size_t len, int flags);

#endif
