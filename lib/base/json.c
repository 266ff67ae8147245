/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <string.h>

#define DEPTH_MAX 31 /* bits of json.arrays */

/* Room that must stay for the closing brackets, '\n' and NUL. */
static size_t reserve(const struct json *j)
{
	return j->depth + 2;
}

/* Appends if it fits and leaves the reserve. */
static bool put(struct json *j, const char *s, size_t n)
{
	size_t keep = reserve(j);

	if (j->cap < keep || n > j->cap - keep || j->len > j->cap - keep - n)
		return false;
	memcpy(j->buf + j->len, s, n);
	j->len += n;
	return true;
}

/* RFC 3629 4: the length of the well-formed sequence at s, or 0. */
static size_t utf8_len(const unsigned char *s, size_t n)
{
	unsigned lo = 0x80, hi = 0xbf;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		len = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		len = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		len = 4;
	else
		return 0;
	if (s[0] == 0xe0)
		lo = 0xa0; /* overlong */
	else if (s[0] == 0xed)
		hi = 0x9f; /* surrogates */
	else if (s[0] == 0xf0)
		lo = 0x90; /* overlong */
	else if (s[0] == 0xf4)
		hi = 0x8f; /* beyond U+10FFFF */
	if (n < len || s[1] < lo || s[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return len;
}

static bool put_u(struct json *j, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	char esc[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

	return put(j, esc, sizeof esc);
}

static bool put_control(struct json *j, unsigned char c)
{
	static const char short_form[][2] = {
		['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n",
		['\f'] = "\\f", ['\r'] = "\\r",
	};

	if (c < sizeof short_form / sizeof *short_form && short_form[c][0])
		return put(j, short_form[c], 2);
	return put_u(j, c);
}

/* One character at s; *used is what it took of s. */
static bool put_char(struct json *j, const unsigned char *s, size_t n,
		     size_t *used)
{
	size_t len = utf8_len(s, n);

	*used = len ? len : 1;
	if (!len)
		return put(j, "\xef\xbf\xbd", 3);
	/* RFC 8259 7: '"', '\\' and what is below U+0020. DEL and the C1
	 * controls as well: people look at logs with terminals. */
	if (s[0] == '"' || s[0] == '\\')
		return put(j, "\\", 1) && put(j, (const char *)s, 1);
	if (s[0] < 0x20 || s[0] == 0x7f)
		return put_control(j, s[0]);
	if (s[0] == 0xc2 && s[1] < 0xa0)
		return put_u(j, s[1]);
	return put(j, (const char *)s, len);
}

static bool put_quoted(struct json *j, const char *s, size_t n)
{
	size_t used;

	if (!put(j, "\"", 1))
		return false;
	for (size_t i = 0; i < n; i += used)
		if (!put_char(j, (const unsigned char *)s + i, n - i, &used))
			return false;
	return put(j, "\"", 1);
}

static bool put_key(struct json *j, const char *key)
{
	if (j->need_comma && !put(j, ",", 1))
		return false;
	if (!key)
		return true;
	return put_quoted(j, key, strlen(key)) && put(j, ":", 1);
}

/* Ends a member that began at `start`: whole or not at all. */
static bool settle(struct json *j, size_t start, bool fits)
{
	if (fits) {
		j->need_comma = true;
		return true;
	}
	j->len = start;
	j->truncated = true;
	return false;
}

void json_begin(struct json *j, char *buf, size_t cap)
{
	*j = (struct json){ .buf = buf, .cap = cap, .depth = 1 };
	j->truncated = !put(j, "{", 1);
}

void json_strn(struct json *j, const char *key, const char *val, size_t len)
{
	size_t start = j->len;

	if (j->skipped)
		return;
	settle(j, start, put_key(j, key) && (val ? put_quoted(j, val, len) :
						   put(j, "null", 4)));
}

void json_str(struct json *j, const char *key, const char *val)
{
	json_strn(j, key, val, val ? strlen(val) : 0);
}

void json_int(struct json *j, const char *key, int64_t val)
{
	char digits[20];
	size_t at = sizeof digits, start = j->len;
	uint64_t u = val < 0 ? -(uint64_t)val : (uint64_t)val;

	if (j->skipped)
		return;
	do
		digits[--at] = (char)('0' + u % 10);
	while (u /= 10);
	if (val < 0)
		digits[--at] = '-';
	settle(j, start, put_key(j, key) &&
			 put(j, digits + at, sizeof digits - at));
}

void json_bool(struct json *j, const char *key, bool val)
{
	size_t start = j->len;

	if (j->skipped)
		return;
	settle(j, start, put_key(j, key) && put(j, val ? "true" : "false",
						val ? 4 : 5));
}

static void open_level(struct json *j, const char *key, bool array)
{
	size_t start = j->len;
	bool fits;

	if (j->skipped) {
		j->skipped++;
		return;
	}
	j->depth++; /* before put: its closing bracket needs room too */
	fits = j->depth <= DEPTH_MAX && put_key(j, key) &&
	       put(j, array ? "[" : "{", 1);
	if (!settle(j, start, fits)) {
		j->depth--;
		j->skipped = 1;
		return;
	}
	j->arrays = (j->arrays & ~(1u << j->depth)) | (uint32_t)array << j->depth;
	j->need_comma = false;
}

void json_open_array(struct json *j, const char *key)
{
	open_level(j, key, true);
}

void json_open_object(struct json *j, const char *key)
{
	open_level(j, key, false);
}

/* The reserve always has room for this byte. */
static void close_level(struct json *j)
{
	j->buf[j->len++] = j->arrays >> j->depth & 1 ? ']' : '}';
	j->depth--;
	j->need_comma = true;
}

void json_close(struct json *j, char bracket)
{
	/* What is open is known; the bracket is for the reader's eye. */
	(void)bracket;
	if (j->skipped)
		j->skipped--;
	else if (j->depth > 1)
		close_level(j);
}

size_t json_end(struct json *j)
{
	if (j->cap < 4) {
		if (j->cap)
			j->buf[0] = '\0';
		return 0;
	}
	while (j->depth)
		close_level(j);
	j->buf[j->len++] = '\n';
	j->buf[j->len] = '\0';
	return j->len;
}
