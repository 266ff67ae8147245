/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_diag.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "policy/utf8.h"

#define SHOWN_MAX 160u /* bytes of a line */
#define SHOWN_BEFORE 120u /* of which before the caret, in a longer line */

struct result complain(struct complaint *c, size_t at, const char *expected, const char *fmt, ...)
{
	va_list ap;

	c->at = at;
	snprintf(c->expected, sizeof c->expected, "%s", expected ? expected : "");
	va_start(ap, fmt);
	vsnprintf(c->text, sizeof c->text, fmt, ap);
	va_end(ap);
	return (struct result){ ERR_PARSE };
}

/* A character is what UTF-8 says, or one byte of what is none. */
static size_t step(const char *s, size_t len, uint32_t *ret_char)
{
	size_t n = utf8_next(s, len, ret_char);

	if (n == 0)
		*ret_char = 0; /* is shown as '?' */
	return n ? n : 1;
}

static size_t line_start(const struct source *src, size_t at)
{
	while (at > 0 && src->text[at - 1] != '\n')
		at--;
	return at;
}

static size_t line_end(const struct source *src, size_t at)
{
	while (at < src->len && src->text[at] != '\n')
		at++;
	return at > 0 && at < src->len && src->text[at - 1] == '\r' ? at - 1 : at;
}

void source_place(const struct source *src, size_t at, unsigned *ret_line, unsigned *ret_column)
{
	unsigned line = 1, column = 1;
	uint32_t c;

	if (at > src->len)
		at = src->len;
	for (size_t i = 0; i < at; i++)
		line += src->text[i] == '\n';
	for (size_t i = line_start(src, at); i < at; i += step(src->text + i, at - i, &c))
		column++;
	*ret_line = line;
	*ret_column = column;
}

struct out {
	char *buf;
	size_t cap, len;
};

/* Appends what a terminal can safely show, whole characters only. */
static void put(struct out *o, const char *s, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		uint32_t c;

		n = step(s + i, len - i, &c);
		if (o->len + n >= o->cap)
			return;
		if (utf8_is_control(c))
			o->buf[o->len++] = '?';
		else
			memcpy(o->buf + o->len, s + i, n), o->len += n;
		o->buf[o->len] = '\0';
	}
}

static void puts_raw(struct out *o, const char *s)
{
	for (; *s && o->len + 1 < o->cap; s++)
		o->buf[o->len++] = *s;
	o->buf[o->len] = '\0';
}

/* The line and, under it, the caret; tabs are repeated so that it stands right. */
static void put_excerpt(struct out *o, const struct source *src, size_t at)
{
	size_t from = line_start(src, at), to = line_end(src, at);
	bool clipped = to - from > SHOWN_MAX;
	uint32_t c;

	if (clipped && at - from > SHOWN_BEFORE) {
		from = at - SHOWN_BEFORE;
		while (from < at && ((unsigned char)src->text[from] & 0xc0) == 0x80)
			from++;
	}
	if (to - from > SHOWN_MAX)
		to = from + SHOWN_MAX;
	while (clipped && to > at && to < src->len && ((unsigned char)src->text[to] & 0xc0) == 0x80)
		to--;
	puts_raw(o, "\n  ");
	put(o, src->text + from, to - from);
	puts_raw(o, "\n  ");
	for (size_t i = from; i < at && i < to; i += step(src->text + i, at - i, &c))
		puts_raw(o, src->text[i] == '\t' ? "\t" : " ");
	puts_raw(o, "^");
}

void source_diag(const struct source *src, size_t at, const char *what, const char *expected,
		 struct policy_diag *ret)
{
	struct out o = { ret->text, sizeof ret->text, 0 };
	char place[64];
	unsigned line, column;

	if (at > src->len)
		at = src->len;
	source_place(src, at, &line, &column);
	snprintf(place, sizeof place, ":%u:%u: error: ", line, column);
	ret->text[0] = '\0';
	put(&o, src->name, strnlen(src->name, 512));
	puts_raw(&o, place);
	put(&o, what, strlen(what));
	put_excerpt(&o, src, at);
	if (expected && *expected) {
		puts_raw(&o, "\n  expected: ");
		put(&o, expected, strlen(expected));
	}
}
