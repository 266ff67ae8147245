/* SPDX-License-Identifier: Apache-2.0 */
/* What rx*.c share: one locked pass over a connection's input. rx.c has the calls,
 * rx_record.c records that come from the kernel, rx_stored.c those that stay in the
 * slot, rx_ahead.c looks at what is still to come, rx_control.c has those that are not the
 * program's. The caller is inside
 * conn_enter; int results are 1 (go on), 0 (the peer has ended) or -errno. */
#ifndef SVIDWRAP_SHIM_RX_INTERNAL_H
#define SVIDWRAP_SHIM_RX_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "conn.h"
#include "cursor.h"
#include "scratch.h"

struct pass {
	struct conn *c;
	int fd;
	struct scratch *s;
	struct cursor *cur; /* has no room: do not deliver */
	size_t moved;
	bool peek;
	bool drained; /* the kernel gave less than was asked for */
};

/* rx_control.c */
/* The connection is broken, by err: event, alert, -ECONNRESET. */
int rx_give_up(struct pass *p, const struct err *err);
/* The kernel has no more: 0 after close_notify, else as rx_give_up. */
int rx_ended(struct pass *p);
/* A record that holds no application data for the program. */
int rx_control(struct pass *p, enum content_type type, const uint8_t *data, size_t len);

/* rx_record.c */
/* k_recv with what its ends mean: > 0, 0 (ended), -EAGAIN, or -errno and the
 * connection's end. */
ssize_t rx_receive(struct pass *p, uint8_t *buf, size_t n, int flags);
/* *ret: how long the record is whose header rec is. 0 or -errno. */
int rx_whole_length(struct pass *p, const uint8_t *rec, size_t *ret);
/* Opens rec into out, which has rec_len - RECORD_OVERHEAD bytes, under sequence
 * number *ret_seq, which the caller takes. 0 or -errno. */
int rx_open_record(struct pass *p, const uint8_t *rec, size_t rec_len, uint8_t *out,
		   enum content_type *ret_type, size_t *ret_len, uint64_t *ret_seq);
/* A whole record that fits what the program asked for; rec is private memory. */
int rx_deliver_record(struct pass *p, const uint8_t *rec, size_t rec_len);
/* With nothing stored: receives, delivers what is whole, stores the rest. */
int rx_receive_batch(struct pass *p);

/* rx_stored.c */
/* The slot's in[], to be written to. */
uint8_t *rx_store(struct pass *p);
/* Is the next record too large for the program's buffer, or not to be consumed? */
bool rx_needs_whole(struct pass *p);
/* Completes a stored record and delivers it if it fits. */
int rx_complete_stored(struct pass *p);
/* Stores a record all but its last byte, and that one peeked. Ends with
 * SLOT_RX_WHOLE set, or the record dealt with. */
int rx_fetch_whole(struct pass *p);
/* With SLOT_RX_WHOLE: c->plain holds the record, *ret_off is where its undelivered
 * part begins. 1 or -errno. */
int rx_have_plain(struct pass *p, uint32_t *ret_off);
/* With SLOT_RX_WHOLE: hands out what the record still has. */
int rx_deliver_stored(struct pass *p);

/* rx_ahead.c */
/* Plaintext in whole records behind the stored one, which SLOT_RX_WHOLE says is there. */
size_t rx_behind(struct pass *p);

#endif
