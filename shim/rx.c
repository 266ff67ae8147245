/* SPDX-License-Identifier: Apache-2.0 */
#include "rx.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "kernel.h"
#include "scratch.h"
#include "tls/alert.h"
#include "tls/post_handshake.h"
#include "wait.h"

/* Records in a row that carry no application data (design: a peer cannot keep us
 * busy with tickets, KeyUpdates and empty records). */
#define USELESS_MAX 16

/* One locked pass over a connection's input. */
struct pass {
	struct conn *c;
	int fd;
	struct scratch *s;
	struct cursor *cur; /* NULL: do not deliver */
	size_t moved;
	bool peek;
	bool drained; /* the kernel gave less than was asked for */
};

static int give_up(struct pass *p, const struct err *err)
{
	int alert = err->cls == ERR_ALERT || err->cls == ERR_TRUNCATED ? -1 : err->tls_alert;

	event_broken(p->c, err);
	conn_fail(p->c, p->fd, 0, alert);
	return -ECONNRESET;
}

static int ended(struct pass *p)
{
	struct err err;

	if (conn_flags(p->c) & SLOT_RX_EOF)
		return 0;
	/* RFC 8446 6.1: an end without close_notify may be an attacker's. */
	(void)FAIL(&err, ERR_TRUNCATED, "the peer ended the connection without close_notify");
	return give_up(p, &err);
}

static uint8_t *store(struct pass *p)
{
	conn_note_flag(p->c, SLOT_IN_USED);
	return slot_in(p->c->arena, p->c->slot);
}

/* k_recv with what its ends mean: > 0, -EAGAIN, or the connection's end. */
static ssize_t receive(struct pass *p, uint8_t *buf, size_t n, int flags)
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
		return ended(p);
	(void)FAIL_SYS(&err, ERR_IO, (int)-r, "receiving failed: %s", strerror((int)-r));
	event_broken(p->c, &err);
	conn_fail(p->c, p->fd, 0, -1);
	return r;
}

static int on_handshake(struct pass *p, const uint8_t *data, size_t len)
{
	struct post_handshake_effect effect = { 0 };
	struct err err;

	if (failed(post_handshake_parse(&p->c->slot->post, data, len, &effect, &err)))
		return give_up(p, &err);
	if (effect.ticket_received && p->c->server) {
		(void)FAIL(&err, ERR_RECORD_UNEXPECTED, "a client sent a session ticket");
		err.tls_alert = ALERT_unexpected_message;
		return give_up(p, &err);
	}
	if (!effect.key_update_received)
		return 1;
	/* RFC 8446 4.6.3: the answer is owed before the next own record. */
	if (effect.key_update_requested)
		conn_set_flag(p->c, SLOT_KEY_UPDATE_OWED);
	return failed(conn_ratchet(p->c, DIR_RX, &err)) ? give_up(p, &err) : 1;
}

static int on_alert(struct pass *p, const uint8_t *data, size_t len)
{
	struct alert_received alert;
	struct err err;

	if (!tls_alert_parse(data, len, &alert)) {
		(void)FAIL(&err, ERR_RECORD_UNEXPECTED, "a malformed alert");
		err.tls_alert = ALERT_decode_error;
		return give_up(p, &err);
	}
	if (alert.kind == ALERT_KIND_IGNORED)
		return 1;
	if (alert.kind == ALERT_KIND_CLOSE) {
		conn_set_flag(p->c, SLOT_RX_EOF);
		/* The FIN may be long in coming: readiness must say so now. */
		k_shutdown(p->fd, SHUT_RD);
		return 1;
	}
	(void)FAIL(&err, ERR_ALERT, "the peer sent alert %d (%s)", alert.number,
		   tls_alert_name(alert.number));
	err.tls_alert = alert.number;
	return give_up(p, &err);
}

/* A record that holds no application data for the program. 1: go on. */
static int control(struct pass *p, enum content_type type, const uint8_t *data, size_t len)
{
	uint32_t n = atomic_fetch_add(&p->c->slot->useless, 1);
	struct err err;

	if (n < USELESS_MAX || type == CT_ALERT) {
		if (type == CT_APPLICATION_DATA)
			return 1;
		if (type == CT_HANDSHAKE)
			return on_handshake(p, data, len);
		if (type == CT_ALERT)
			return on_alert(p, data, len);
	}
	(void)FAIL(&err, ERR_RECORD_UNEXPECTED, n < USELESS_MAX
			? "a record of type %d after the handshake"
			: "too many records without data, the last of type %d", type);
	err.tls_alert = ALERT_unexpected_message;
	return give_up(p, &err);
}

/* Opens rec into out and accounts for it. 0 or -errno. */
static int open_record(struct pass *p, const uint8_t *rec, size_t rec_len, uint8_t *out,
		       enum content_type *ret_type, size_t *ret_len, uint64_t *ret_seq)
{
	struct conn *c = p->c;
	struct err err;

	if (failed(conn_seq(c, DIR_RX, ret_seq, &err)) ||
	    failed(record_open(&c->keys[DIR_RX], *ret_seq, rec, rec_len, out, ret_type, ret_len,
			       &err)))
		return give_up(p, &err);
	/* RFC 8446 5.1: no other record comes between a message's fragments. */
	if (*ret_type != CT_HANDSHAKE && post_handshake_in_message(&c->slot->post)) {
		(void)FAIL(&err, ERR_RECORD_UNEXPECTED, "a handshake message was cut off");
		err.tls_alert = ALERT_unexpected_message;
		return give_up(p, &err);
	}
	return 0;
}

/* The whole record fits what the program asked for: open it there. 1: go on. */
static int deliver_record(struct pass *p, const uint8_t *rec, size_t rec_len)
{
	size_t bound = rec_len - RECORD_OVERHEAD, run, len;
	uint8_t *out = cursor_at(p->cur, &run);
	bool direct = out && run >= bound;
	enum content_type type;
	uint64_t seq;
	int r;

	r = open_record(p, rec, rec_len, direct ? out : p->s->plain, &type, &len, &seq);
	if (r < 0)
		return r;
	conn_seq_take(p->c, DIR_RX, seq);
	if (!direct && p->s->plain_used < bound)
		p->s->plain_used = (uint32_t)bound;
	if (type != CT_APPLICATION_DATA || len == 0)
		return control(p, type, direct ? out : p->s->plain, len);
	atomic_store(&p->c->slot->useless, 0);
	if (direct)
		cursor_skip(p->cur, len);
	else
		cursor_put(p->cur, p->s->plain, len);
	p->moved += len;
	return 1;
}

static int whole_length(struct pass *p, const uint8_t *rec, size_t *ret)
{
	struct err err;

	return failed(record_length(rec, ret, &err)) ? give_up(p, &err) : 0;
}

/* The stored record's header, each byte read once: what is checked is what is used. */
static const uint8_t *stored_header(struct pass *p, uint8_t to[RECORD_HEADER])
{
	const volatile uint8_t *in = slot_in(p->c->arena, p->c->slot);

	for (int i = 0; i < RECORD_HEADER; i++)
		to[i] = in[i];
	return to;
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
static int receive_batch(struct pass *p)
{
	uint8_t *buf = p->s->cipher;
	size_t at = 0, len;
	ssize_t n = receive(p, buf, batch_size(p->cur->left), 0);
	int r = 1;

	if (n <= 0)
		return (int)n;
	while (r > 0 && (size_t)n - at >= RECORD_HEADER && !(conn_flags(p->c) & SLOT_RX_EOF)) {
		r = whole_length(p, buf + at, &len);
		if (r < 0)
			return r;
		r = 1;
		if (len > (size_t)n - at)
			break;
		r = deliver_record(p, buf + at, len);
		at += len;
	}
	/* RFC 8446 6.1: whatever follows a close_notify is ignored. */
	len = (size_t)n - at;
	if (r > 0 && !(conn_flags(p->c) & SLOT_RX_EOF) && len && len <= IN_SIZE) {
		memcpy(store(p), buf + at, len);
		atomic_store(&p->c->slot->in_len, (uint32_t)len);
	}
	return r;
}

/* Brings the stored part of a record up to `want` bytes. 1, 0 (end) or -errno. */
static int extend_stored(struct pass *p, size_t want)
{
	uint32_t have = atomic_load(&p->c->slot->in_len);

	/* Until the kernel says EAGAIN: an end may stand behind a short count. */
	while (have < want) {
		ssize_t n = receive(p, store(p) + have, want - have, 0);

		if (n <= 0)
			return (int)n;
		have += (uint32_t)n;
		atomic_store(&p->c->slot->in_len, have);
	}
	return 1;
}

/* A stored record that will fit: complete and deliver it. */
static int complete_stored(struct pass *p)
{
	const uint8_t *in = slot_in(p->c->arena, p->c->slot);
	uint8_t header[RECORD_HEADER];
	size_t len;
	int r = extend_stored(p, RECORD_HEADER);

	if (r <= 0 || (r = whole_length(p, stored_header(p, header), &len)) < 0)
		return r;
	if (len - RECORD_OVERHEAD > p->cur->left)
		return 1; /* now we know: too large, fetch_whole is next */
	r = extend_stored(p, len);
	if (r <= 0)
		return r;
	/* Out of shared memory first: it must not change under the cipher. */
	memcpy(p->s->cipher, in, len);
	atomic_store(&p->c->slot->in_len, 0);
	return deliver_record(p, p->s->cipher, len);
}

static int take_last_byte(struct pass *p)
{
	uint8_t byte;

	atomic_store(&p->c->slot->in_len, 0);
	atomic_store(&p->c->slot->in_off, 0);
	conn_clear_flag(p->c, SLOT_RX_WHOLE);
	return k_recv(p->fd, &byte, 1, 0) == 1 ? 1 : ended(p);
}

/* Opens the stored whole record into this process's own memory. */
static int open_stored(struct pass *p, enum content_type *ret_type)
{
	struct conn *c = p->c;
	size_t rec_len = atomic_load(&c->slot->in_len), len = 0;
	uint64_t seq;
	int r;

	if (!c->plain && !(c->plain = malloc(RECORD_CIPHER_MAX)))
		return -ENOBUFS;
	if (rec_len < RECORD_MIN || rec_len > RECORD_MAX)
		rec_len = RECORD_MIN; /* a hostile sharer: fails to open */
	memcpy(p->s->cipher, slot_in(c->arena, c->slot), rec_len);
	r = open_record(p, p->s->cipher, rec_len, c->plain, ret_type, &len, &seq);
	if (r < 0)
		return r;
	c->plain_len = (uint32_t)len;
	c->plain_seq = seq;
	c->plain_gen = c->keys[DIR_RX].generation;
	return 1;
}

/* A record larger than the room for it: all but the last byte, and that one
 * peeked. Ends with SLOT_RX_WHOLE set, or the record dealt with. */
static int fetch_whole(struct pass *p)
{
	struct conn *c = p->c;
	uint8_t *in = slot_in(c->arena, c->slot);
	uint8_t header[RECORD_HEADER];
	enum content_type type;
	size_t len;
	ssize_t n;
	int r = extend_stored(p, RECORD_HEADER);

	if (r <= 0 || (r = whole_length(p, stored_header(p, header), &len)) < 0)
		return r;
	r = extend_stored(p, len - 1);
	if (r <= 0)
		return r;
	n = receive(p, in + len - 1, 1, MSG_PEEK);
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
	return r <= 0 ? r : control(p, type, c->plain, c->plain_len);
}

/* This process's view of the stored whole record; another may have opened it.
 * *ret_off, read once, is where its undelivered part begins. */
static int have_plain(struct pass *p, uint32_t *ret_off)
{
	struct conn *c = p->c;
	enum content_type type = CT_APPLICATION_DATA;
	uint64_t seq;
	struct err err;
	int r;

	if (failed(conn_seq(c, DIR_RX, &seq, &err)))
		return give_up(p, &err);
	if (!c->plain || c->plain_seq != seq || c->plain_gen != c->keys[DIR_RX].generation) {
		r = open_stored(p, &type);
		if (r < 0)
			return r;
	}
	*ret_off = atomic_load(&c->slot->in_off);
	if (type != CT_APPLICATION_DATA || *ret_off >= c->plain_len) {
		(void)FAIL(&err, ERR_POISONED, "the shared slot's input makes no sense");
		return give_up(p, &err);
	}
	return 1;
}

/* Hands out what the stored whole record still has. */
static int deliver_stored(struct pass *p)
{
	struct conn *c = p->c;
	uint32_t off;
	size_t n;
	int r = have_plain(p, &off);

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
	explicit_bzero(c->plain, c->plain_len);
	free(c->plain);
	c->plain = NULL;
	return take_last_byte(p);
}

/* Too large for the program's buffer, or not to be consumed? */
static bool needs_whole(struct pass *p)
{
	uint32_t have = atomic_load(&p->c->slot->in_len);
	uint8_t header[RECORD_HEADER];
	size_t len;

	if (p->peek)
		return true;
	return have >= RECORD_HEADER && !failed(record_length(stored_header(p, header), &len, NULL)) &&
	       len - RECORD_OVERHEAD > p->cur->left;
}

static int step(struct pass *p)
{
	if (conn_flags(p->c) & SLOT_RX_WHOLE)
		return deliver_stored(p);
	if (needs_whole(p))
		return fetch_whole(p);
	if (atomic_load(&p->c->slot->in_len))
		return complete_stored(p);
	return receive_batch(p);
}

static void start(struct pass *p, struct conn *c, int fd, struct cursor *cur)
{
	*p = (struct pass){ .c = c, .fd = fd, .cur = cur, .s = scratch_get() };
	if (atomic_load(&c->slot->in_len) > IN_SIZE)
		atomic_store(&c->slot->in_len, IN_SIZE); /* a hostile sharer */
	atomic_store(&c->slot->dir[DIR_RX].busy, arena_self(c->arena));
}

static void stop(struct pass *p)
{
	atomic_store(&p->c->slot->dir[DIR_RX].busy, 0);
	if (p->s)
		scratch_put(p->s);
}

/* What came before the end is delivered first; why it ended is said next, or the
 * end would look like a clean one. */
static void keep_error(struct conn *c, ssize_t r)
{
	int none = 0;

	if (r < 0 && r != -EAGAIN && r != -EINTR && r != -EBADF)
		atomic_compare_exchange_strong(&c->slot->error, &none, (int)-r);
}

/* One locked pass. > 0: bytes; 0: the peer has ended; -EAGAIN: not now. A short
 * count is only returned once the kernel had no more: callers that take "short"
 * for "drained" under edge triggering would wait for ever otherwise. */
static ssize_t read_once(struct conn *c, int fd, struct cursor *cur, bool peek)
{
	struct pass p;
	int r = conn_enter(c, DIR_RX);

	if (r < 0)
		return r;
	start(&p, c, fd, cur);
	p.peek = peek;
	r = p.s ? 1 : -ENOBUFS;
	if (r > 0 && !c->keyed)
		r = -conn_take_error(c); /* another thread's call found it broken */
	while (r > 0 && cur->left) {
		if (conn_flags(c) & SLOT_RX_EOF && !(conn_flags(c) & SLOT_RX_WHOLE)) {
			r = 0;
			break;
		}
		if ((p.drained || p.peek) && p.moved)
			break;
		p.drained = false;
		r = step(&p);
	}
	stop(&p);
	conn_leave(c, DIR_RX);
	if (!p.moved)
		return r > 0 ? 0 : r;
	keep_error(c, r);
	return (ssize_t)p.moved;
}

ssize_t rx_read(struct conn *c, int fd, struct cursor *cur, int flags)
{
	bool wait = !(flags & MSG_DONTWAIT) && !(conn_flags(c) & SLOT_NONBLOCK);
	bool all = flags & MSG_WAITALL && !(flags & MSG_PEEK);
	size_t got = 0;
	ssize_t r;

	for (;;) {
		r = read_once(c, fd, cur, flags & MSG_PEEK);
		if (r > 0) {
			got += (size_t)r;
			if (!all || !cur->left)
				return (ssize_t)got;
			continue;
		}
		if (r != -EAGAIN || !wait)
			break;
		r = wait_readable(c, fd);
		/* After a SHUT_RD the peer's goodbye meets a shut socket, which
		 * resets: to whoever waits it has just ended. */
		if (r < 0 && r != -EAGAIN && conn_flags(c) & SLOT_RX_EOF)
			r = 0;
		else if (r < 0)
			break;
	}
	if (got)
		keep_error(c, r);
	return got ? (ssize_t)got : r;
}

/* Plaintext in whole records that wait in the kernel behind `at` bytes: opened, not
 * taken, as far as one peek goes. */
static size_t behind(struct pass *p, size_t at, uint64_t seq)
{
	struct conn *c = p->c;
	uint8_t *buf = p->s->cipher;
	ssize_t n = k_recv(p->fd, buf, sizeof p->s->cipher, MSG_PEEK);
	size_t sum = 0, rec_len, len;
	enum content_type type;

	while (n > 0 && (size_t)n >= at + RECORD_HEADER &&
	       !failed(record_length(buf + at, &rec_len, NULL)) && at + rec_len <= (size_t)n) {
		if (p->s->plain_used < rec_len - RECORD_OVERHEAD)
			p->s->plain_used = (uint32_t)(rec_len - RECORD_OVERHEAD);
		if (failed(record_open(&c->keys[DIR_RX], seq++, buf + at, rec_len, p->s->plain,
				       &type, &len, NULL)) ||
		    type != CT_APPLICATION_DATA)
			break;
		sum += len;
		at += rec_len;
	}
	return sum;
}

ssize_t rx_available(struct conn *c, int fd)
{
	struct cursor none = { 0 };
	uint32_t off;
	struct pass p;
	int r = conn_enter(c, DIR_RX);

	if (r < 0)
		return r;
	start(&p, c, fd, &none);
	p.peek = true;
	r = p.s && c->keyed ? 1 : 0;
	while (r > 0 && !(conn_flags(c) & (SLOT_RX_WHOLE | SLOT_RX_EOF)))
		r = fetch_whole(&p);
	if (r > 0 && conn_flags(c) & SLOT_RX_WHOLE && (r = have_plain(&p, &off)) > 0)
		r = (int)(c->plain_len - off +
			  behind(&p, 1, c->plain_seq + 1));
	else
		r = 0;
	stop(&p);
	conn_leave(c, DIR_RX);
	return r;
}

enum rx_drained rx_drain(struct conn *c, int fd)
{
	enum rx_drained ret = RX_ENDED;
	struct cursor none = { 0 };
	struct pass p;
	int r = 1;

	if (conn_enter(c, DIR_RX) < 0)
		return RX_ENDED;
	start(&p, c, fd, &none);
	p.peek = true;
	while (p.s && c->keyed && r > 0 && !(conn_flags(c) & (SLOT_RX_WHOLE | SLOT_RX_EOF)))
		r = fetch_whole(&p);
	if (conn_flags(c) & SLOT_RX_WHOLE)
		ret = RX_UNREAD_DATA;
	else if (r == -EAGAIN)
		ret = RX_EMPTY;
	stop(&p);
	conn_leave(c, DIR_RX);
	return ret;
}

void rx_look_for_alert(struct conn *c, int fd)
{
	rx_drain(c, fd);
}
