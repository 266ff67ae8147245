/* SPDX-License-Identifier: Apache-2.0 */
#include "rx_internal.h"

#include <errno.h>
#include <string.h>

#include "kernel.h"
#include "tls/alert.h"

uint8_t *rx_store(struct pass *p)
{
	conn_note_flag(p->c, SLOT_IN_USED);
	return slot_in(p->c->arena, p->c->slot);
}

/* The stored record's header, each byte read once: what is checked is what is used. */
static const uint8_t *stored_header(struct pass *p, uint8_t to[RECORD_HEADER])
{
	const volatile uint8_t *in = slot_in(p->c->arena, p->c->slot);

	for (int i = 0; i < RECORD_HEADER; i++)
		to[i] = in[i];
	return to;
}

/* Too large for the program's buffer, or not to be consumed? */
bool rx_needs_whole(struct pass *p)
{
	uint32_t have = atomic_load(&p->c->slot->in_len);
	uint8_t header[RECORD_HEADER];
	size_t len;

	if (p->peek)
		return true;
	return have >= RECORD_HEADER && !failed(record_length(stored_header(p, header), &len, NULL)) &&
	       len - RECORD_OVERHEAD > p->cur->left;
}

/* Brings the stored part of a record up to `want` bytes. 1, 0 (end) or -errno. */
static int extend_stored(struct pass *p, size_t want)
{
	uint32_t have = atomic_load(&p->c->slot->in_len);

	/* Until the kernel says EAGAIN: an end may stand behind a short count. */
	while (have < want) {
		ssize_t n = rx_receive(p, rx_store(p) + have, want - have, 0);

		if (n <= 0)
			return (int)n;
		have += (uint32_t)n;
		atomic_store(&p->c->slot->in_len, have);
	}
	return 1;
}

/* A stored record that will fit: complete and deliver it. */
int rx_complete_stored(struct pass *p)
{
	const uint8_t *in = slot_in(p->c->arena, p->c->slot);
	uint8_t header[RECORD_HEADER];
	size_t len;
	int r = extend_stored(p, RECORD_HEADER);

	if (r <= 0 || (r = rx_whole_length(p, stored_header(p, header), &len)) < 0)
		return r;
	if (len - RECORD_OVERHEAD > p->cur->left)
		return 1; /* now we know: too large, fetch_whole is next */
	r = extend_stored(p, len);
	if (r <= 0)
		return r;
	/* Out of shared memory first: it must not change under the cipher. */
	memcpy(p->s->cipher, in, len);
	atomic_store(&p->c->slot->in_len, 0);
	return rx_deliver_record(p, p->s->cipher, len);
}

static int take_last_byte(struct pass *p)
{
	uint8_t byte;

	atomic_store(&p->c->slot->in_len, 0);
	atomic_store(&p->c->slot->in_off, 0);
	conn_clear_flag(p->c, SLOT_RX_WHOLE);
	return k_recv(p->fd, &byte, 1, 0) == 1 ? 1 : rx_ended(p);
}

/* Opens the stored whole record into this process's own memory. */
static int open_stored(struct pass *p, enum content_type *ret_type)
{
	struct conn *c = p->c;
	size_t rec_len = atomic_load(&c->slot->in_len), len = 0;
	uint64_t seq;
	int r;

	if (!c->plain && !(c->plain = scratch_plain_get()))
		return -ENOBUFS;
	if (rec_len < RECORD_MIN || rec_len > RECORD_MAX)
		rec_len = RECORD_MIN; /* a hostile sharer: fails to open */
	memcpy(p->s->cipher, slot_in(c->arena, c->slot), rec_len);
	r = rx_open_record(p, p->s->cipher, rec_len, c->plain, ret_type, &len, &seq);
	if (r < 0)
		return r;
	c->plain_len = (uint32_t)len;
	c->plain_seq = seq;
	c->plain_gen = c->keys[DIR_RX].generation;
	return 1;
}

/* The last byte cannot be peeked at under the program's own seccomp filter. Taken, the
 * kernel would call a socket empty whose record still has data for the program. */
static int no_peek(struct pass *p)
{
	struct err err;

	(void)FAIL(&err, ERR_UNSUPPORTED,
		   "a record is larger than the program's buffer, and its seccomp filter denies recvfrom; "
		   "let it read 16384 bytes at a time, or allow recvfrom");
	err.tls_alert = ALERT_internal_error;
	return rx_give_up(p, &err);
}

/* A record larger than the room for it: all but the last byte, and that one
 * peeked. Ends with SLOT_RX_WHOLE set, or the record dealt with. */
int rx_fetch_whole(struct pass *p)
{
	struct conn *c = p->c;
	uint8_t *in = slot_in(c->arena, c->slot);
	uint8_t header[RECORD_HEADER];
	enum content_type type;
	size_t len;
	ssize_t n;
	int r = extend_stored(p, RECORD_HEADER);

	if (r <= 0 || (r = rx_whole_length(p, stored_header(p, header), &len)) < 0)
		return r;
	r = extend_stored(p, len - 1);
	if (r <= 0)
		return r;
	if (!p->peek && sandbox_denies(SYS_recvfrom))
		return no_peek(p);
	n = rx_receive(p, in + len - 1, 1, MSG_PEEK);
	if (n <= 0)
		return (int)n;
	atomic_store(&c->slot->in_len, (uint32_t)len);
	r = open_stored(p, &type);
	if (r < 0)
		return r;
	if (type == CT_APPLICATION_DATA && c->plain_len) {
		atomic_store(&c->slot->useless, 0);
		atomic_store(&c->slot->in_off, 0);
		conn_set_flag(c, SLOT_RX_WHOLE);
		return 1;
	}
	conn_seq_take(c, DIR_RX, c->plain_seq);
	r = take_last_byte(p);
	return r <= 0 ? r : rx_control(p, type, c->plain, c->plain_len);
}

/* This process's view of the stored whole record; another may have opened it.
 * *ret_off, read once, is where its undelivered part begins. */
int rx_have_plain(struct pass *p, uint32_t *ret_off)
{
	struct conn *c = p->c;
	enum content_type type = CT_APPLICATION_DATA;
	uint64_t seq;
	struct err err;
	int r;

	if (failed(conn_seq(c, DIR_RX, &seq, &err)))
		return rx_give_up(p, &err);
	if (!c->plain || c->plain_seq != seq || c->plain_gen != c->keys[DIR_RX].generation) {
		r = open_stored(p, &type);
		if (r < 0)
			return r;
	}
	*ret_off = atomic_load(&c->slot->in_off);
	if (type != CT_APPLICATION_DATA || *ret_off >= c->plain_len) {
		(void)FAIL(&err, ERR_POISONED, "the shared slot's input makes no sense");
		return rx_give_up(p, &err);
	}
	return 1;
}

/* Hands out what the stored whole record still has. */
int rx_deliver_stored(struct pass *p)
{
	struct conn *c = p->c;
	uint32_t off;
	size_t n;
	int r = rx_have_plain(p, &off);

	if (r < 0)
		return r;
	n = c->plain_len - off;
	if (n > p->cur->left)
		n = p->cur->left;
	cursor_put(p->cur, c->plain + off, n);
	p->moved += n;
	if (p->peek)
		return 1;
	if (off + n < c->plain_len) {
		atomic_store(&c->slot->in_off, off + (uint32_t)n);
		return 1;
	}
	conn_seq_take(c, DIR_RX, c->plain_seq);
	scratch_plain_put(c->plain, c->plain_len);
	c->plain = NULL;
	return take_last_byte(p);
}
