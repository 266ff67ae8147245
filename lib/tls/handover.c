/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/handover.h"

#include <string.h>

#include <openssl/crypto.h>

static const char magic[8] = "svwexec1";

/* An entry: its length in 16 bits, kind, members in the order below. */
struct out {
	uint8_t *at;
	size_t left;
	bool full;
};

static void put(struct out *o, const void *from, size_t n)
{
	if (n > o->left) {
		o->full = true;
		return;
	}
	memcpy(o->at, from, n);
	o->at += n;
	o->left -= n;
}

/* With its NUL. */
static void put_text(struct out *o, const char *s)
{
	size_t n = strlen(s) + 1;
	uint16_t len = (uint16_t)n;

	o->full |= n > UINT16_MAX;
	put(o, &len, sizeof len);
	put(o, s, n);
}

struct in {
	const uint8_t *at;
	size_t left;
	bool bad;
};

static void get(struct in *i, void *to, size_t n)
{
	if (n > i->left) {
		i->bad = true;
		memset(to, 0, n);
		return;
	}
	memcpy(to, i->at, n);
	i->at += n;
	i->left -= n;
}

static const char *get_text(struct in *i)
{
	const char *s = "";
	uint16_t n;

	get(i, &n, sizeof n);
	if (i->bad || n == 0 || n > i->left || memchr(i->at, '\0', n) != i->at + n - 1) {
		i->bad = true;
		return s;
	}
	s = (const char *)i->at;
	i->at += n;
	i->left -= n;
	return s;
}

void handover_put_header(uint32_t limit, uint8_t out[HANDOVER_HEADER])
{
	memset(out, 0, HANDOVER_HEADER);
	memcpy(out, magic, sizeof magic);
	memcpy(out + sizeof magic, &limit, sizeof limit);
}

struct result handover_header(const uint8_t **at, size_t *left, uint32_t *ret_limit,
			      struct err *reterr)
{
	if (*left < HANDOVER_HEADER || memcmp(*at, magic, sizeof magic) != 0)
		return FAIL(reterr, ERR_PARSE, "what was handed over is not of this version");
	memcpy(ret_limit, *at + sizeof magic, sizeof *ret_limit);
	*at += HANDOVER_HEADER;
	*left -= HANDOVER_HEADER;
	return RESULT_OK;
}

static void put_keys(struct out *o, const struct handover_keys *k)
{
	put(o, &k->suite, sizeof k->suite);
	put(o, &k->secret_len, sizeof k->secret_len);
	put(o, k->secret, sizeof k->secret);
	put(o, &k->generation, sizeof k->generation);
	put(o, &k->floor, sizeof k->floor);
}

static void get_keys(struct in *i, struct handover_keys *k)
{
	get(i, &k->suite, sizeof k->suite);
	get(i, &k->secret_len, sizeof k->secret_len);
	get(i, k->secret, sizeof k->secret);
	get(i, &k->generation, sizeof k->generation);
	get(i, &k->floor, sizeof k->floor);
	i->bad |= k->secret_len > sizeof k->secret;
}

static void put_conn(struct out *o, const struct handover_entry *e)
{
	uint8_t server = e->server;

	put(o, &e->arena, sizeof e->arena);
	put(o, &e->slot, sizeof e->slot);
	put(o, &e->max_plaintext, sizeof e->max_plaintext);
	put(o, &server, sizeof server);
	put(o, &e->swallow, sizeof e->swallow);
	for (int d = 0; d < 2; d++)
		put_keys(o, &e->keys[d]);
	put_text(o, e->rule);
	put_text(o, e->own_id);
	put_text(o, e->own_serial);
	put_text(o, e->peer_id);
	put_text(o, e->peer_serial);
}

static void get_conn(struct in *i, struct handover_entry *e)
{
	uint8_t server;

	get(i, &e->arena, sizeof e->arena);
	get(i, &e->slot, sizeof e->slot);
	get(i, &e->max_plaintext, sizeof e->max_plaintext);
	get(i, &server, sizeof server);
	get(i, &e->swallow, sizeof e->swallow);
	for (int d = 0; d < 2; d++)
		get_keys(i, &e->keys[d]);
	e->rule = get_text(i);
	e->own_id = get_text(i);
	e->own_serial = get_text(i);
	e->peer_id = get_text(i);
	e->peer_serial = get_text(i);
	e->server = server == 1;
	/* RFC 8449 4: no record size limit below 64 */
	i->bad |= server > 1 || e->max_plaintext < 64 || e->max_plaintext > RECORD_PLAIN_MAX;
}

size_t handover_put(const struct handover_entry *e, uint8_t *out, size_t room)
{
	struct out o = { .at = out, .left = room < HANDOVER_ENTRY_MAX ? room : HANDOVER_ENTRY_MAX };
	uint8_t kind = (uint8_t)e->kind;
	uint16_t len = 0;

	put(&o, &len, sizeof len);
	put(&o, &kind, sizeof kind);
	switch (e->kind) {
	case HANDOVER_ARENA:
		put(&o, &e->fd, sizeof e->fd);
		put(&o, &e->self, sizeof e->self);
		put(&o, &e->top, sizeof e->top);
		break;
	case HANDOVER_CONN:
	case HANDOVER_SOCKET:
		put(&o, &e->cookie, sizeof e->cookie);
		if (e->kind == HANDOVER_CONN)
			put_conn(&o, e);
		break;
	}
	if (o.full)
		return 0;
	len = (uint16_t)(o.at - out);
	memcpy(out, &len, sizeof len);
	return len;
}

/* What an entry says behind its length. */
static struct result get_entry(struct in *i, struct handover_entry *e, struct err *reterr)
{
	uint8_t kind;

	get(i, &kind, sizeof kind);
	e->kind = kind;
	switch (kind) {
	case HANDOVER_ARENA:
		get(i, &e->fd, sizeof e->fd);
		get(i, &e->self, sizeof e->self);
		get(i, &e->top, sizeof e->top);
		break;
	case HANDOVER_CONN:
	case HANDOVER_SOCKET:
		get(i, &e->cookie, sizeof e->cookie);
		if (kind == HANDOVER_CONN)
			get_conn(i, e);
		break;
	default:
		i->bad = true;
	}
	if (i->bad || i->left)
		return FAIL(reterr, ERR_PARSE, "what was handed over is malformed");
	return RESULT_OK;
}

struct result handover_next(const uint8_t **at, size_t *left, struct handover_entry *ret,
			    struct err *reterr)
{
	struct in whole = { .at = *at, .left = *left };
	struct handover_entry e = { 0 };
	struct result r;
	uint16_t len;

	get(&whole, &len, sizeof len);
	if (whole.bad || len < sizeof len || len > *left)
		return FAIL(reterr, ERR_PARSE, "what was handed over is cut short");
	whole.left = len - sizeof len;
	r = get_entry(&whole, &e, reterr);
	if (!failed(r)) {
		*at += len;
		*left -= len;
		*ret = e;
	}
	OPENSSL_cleanse(e.keys, sizeof e.keys);
	return r;
}
