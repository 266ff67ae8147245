/* SPDX-License-Identifier: Apache-2.0 */
#include "rx_internal.h"

#include <errno.h>
#include <string.h>

#include "event.h"
#include "kernel.h"
#include "tls/alert.h"
#include "tls/post_handshake.h"

#define MAY_BE_CONTROL 1024 /* alerts, KeyUpdates and most tickets are smaller */

/* k_recv with what its ends mean: > 0, -EAGAIN, or the connection's end. */
ssize_t rx_receive(struct pass *p, uint8_t *buf, size_t n, int flags)
{
	ssize_t r = k_recv(p->fd, buf, n, flags);
	struct err err;

	if (r > 0 && (size_t)r < n)
		p->drained = true;
	if (r > 0 || r == -EAGAIN)
		return r;
	if (r == -EINTR)
		return -EAGAIN;
	if (r == 0)
		return rx_ended(p);
	(void)FAIL_SYS(&err, ERR_IO, (int)-r, "receiving failed: %s", strerror((int)-r));
	event_broken(p->c, &err);
	conn_fail(p->c, p->fd, 0, -1);
	return r;
}

/* Opens rec into out and accounts for it. 0 or -errno. */
int rx_open_record(struct pass *p, const uint8_t *rec, size_t rec_len, uint8_t *out,
		       enum content_type *ret_type, size_t *ret_len, uint64_t *ret_seq)
{
	struct conn *c = p->c;
	struct err err;

	if (failed(conn_seq(c, DIR_RX, ret_seq, &err)) ||
	    failed(record_open(&c->keys[DIR_RX], *ret_seq, rec, rec_len, out, ret_type, ret_len,
			       &err)))
		return rx_give_up(p, &err);
	/* RFC 8446 5.1: no other record comes between a message's fragments. */
	if (*ret_type != CT_HANDSHAKE && post_handshake_in_message(&c->slot->post)) {
		(void)FAIL(&err, ERR_RECORD_UNEXPECTED, "a handshake message was cut off");
		err.tls_alert = ALERT_unexpected_message;
		return rx_give_up(p, &err);
	}
	return 0;
}

int rx_whole_length(struct pass *p, const uint8_t *rec, size_t *ret)
{
	struct err err;

	return failed(record_length(rec, ret, &err)) ? rx_give_up(p, &err) : 0;
}

/* The whole record is here. One that may be no data is opened aside: the program's buffer
 * beyond what it gets stays as it was. Large ones are opened there. 1: go on. */
int rx_deliver_record(struct pass *p, const uint8_t *rec, size_t rec_len)
{
	size_t bound = rec_len - RECORD_OVERHEAD, run, len;
	uint8_t *there = cursor_at(p->cur, &run);
	bool direct = there && run >= bound && bound > MAY_BE_CONTROL;
	uint8_t *out = direct ? there : p->s->plain;
	enum content_type type;
	uint64_t seq;
	int r;

	r = rx_open_record(p, rec, rec_len, out, &type, &len, &seq);
	if (r < 0)
		return r;
	conn_seq_take(p->c, DIR_RX, seq);
	if (!direct && p->s->plain_used < bound)
		p->s->plain_used = (uint32_t)bound;
	if (type != CT_APPLICATION_DATA || len == 0) {
		r = rx_control(p, type, out, len);
		if (direct)
			explicit_bzero(there, bound);
		return r;
	}
	atomic_store(&p->c->slot->useless, 0);
	if (direct) {
		explicit_bzero(there + len, bound - len); /* padding, and the type before it */
		cursor_skip(p->cur, len);
	} else {
		cursor_put(p->cur, out, len);
	}
	p->moved += len;
	return 1;
}

/* How much to ask the kernel for: never more plaintext than there is room for. */
static size_t batch_size(size_t room)
{
	size_t whole = room / RECORD_PLAIN_MAX;

	if (whole == 0)
		return room + RECORD_OVERHEAD;
	if (whole > SCRATCH_RECORDS)
		whole = SCRATCH_RECORDS;
	return whole * (RECORD_PLAIN_MAX + RECORD_OVERHEAD);
}

/* Nothing is stored: receive and deliver what is whole, store the rest. */
int rx_receive_batch(struct pass *p)
{
	uint8_t *buf = p->s->cipher;
	size_t at = 0, len;
	ssize_t n = rx_receive(p, buf, batch_size(p->cur->left), 0);
	int r = 1;

	if (n <= 0)
		return (int)n;
	while (r > 0 && (size_t)n - at >= RECORD_HEADER && !(conn_flags(p->c) & SLOT_RX_EOF)) {
		r = rx_whole_length(p, buf + at, &len);
		if (r < 0)
			return r;
		r = 1;
		if (len > (size_t)n - at)
			break;
		r = rx_deliver_record(p, buf + at, len);
		at += len;
	}
	/* RFC 8446 6.1: whatever follows a close_notify is ignored. */
	len = (size_t)n - at;
	if (r > 0 && !(conn_flags(p->c) & SLOT_RX_EOF) && len && len <= IN_SIZE) {
		memcpy(rx_store(p), buf + at, len);
		atomic_store(&p->c->slot->in_len, (uint32_t)len);
	}
	return r;
}
