/* SPDX-License-Identifier: Apache-2.0 */
#include "spiffe/spiffe_id.h"

#include <string.h>

#define SCHEME "spiffe://"
#define SCHEME_LEN (sizeof SCHEME - 1)

/* ASCII alone: the program's locale must not change what an ID is. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name_char(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
	       c == '_';
}

/* What people get wrong most, by the byte that gives it away. */
static const char *why_not(char c, bool in_path)
{
	switch (c) {
	case '%':
		return "percent-encoding";
	case '?':
		return "a query";
	case '#':
		return "a fragment";
	case '@':
		return in_path ? "the character '@'" : "userinfo";
	case ':':
		return in_path ? "the character ':'" : "a port";
	default:
		return "a character other than letters, digits, '.', '-' and '_'";
	}
}

/*
 * SPIFFE-ID.md 2.1: letters, digits, dots, dashes, underscores; no userinfo, no
 * port, no percent-encoding. 2.3: at most 255 bytes. Upper case is folded to
 * the lower case that 2.1 demands, since 2.4 makes it the same name.
 * base: where name starts in what the user wrote, for messages.
 */
static struct result check_trust_domain(const char *name, size_t len, size_t base,
					struct err *reterr)
{
	if (len == 0)
		return FAIL(reterr, ERR_PARSE, "byte %zu: the trust domain is empty", base);
	for (size_t i = 0; i < len; i++)
		if (!is_name_char(name[i]))
			return FAIL(reterr, ERR_PARSE, "byte %zu: %s in the trust domain",
				    base + i, why_not(name[i], false));
	if (len > TRUST_DOMAIN_MAX)
		return FAIL(reterr, ERR_PARSE,
			    "byte %zu: a trust domain of %zu bytes, longer than %d", base, len,
			    TRUST_DOMAIN_MAX);
	return RESULT_OK;
}

/* SPIFFE-ID.md 2.2. seg: without its '/'. */
static struct result check_segment(const char *seg, size_t len, size_t base, struct err *reterr)
{
	for (size_t i = 0; i < len; i++)
		if (!is_name_char(seg[i]))
			return FAIL(reterr, ERR_PARSE, "byte %zu: %s in the path", base + i,
				    why_not(seg[i], true));
	if (len == 0)
		return FAIL(reterr, ERR_PARSE,
			    "byte %zu: an empty path segment or a trailing slash", base);
	if (seg[0] == '.' && (len == 1 || (len == 2 && seg[1] == '.')))
		return FAIL(reterr, ERR_PARSE, "byte %zu: a relative path segment", base);
	return RESULT_OK;
}

static struct result check_path(const char *uri, size_t len, size_t start, struct err *reterr)
{
	while (start < len) {
		const char *seg = uri + start + 1; /* uri[start] is '/' */
		const char *slash = memchr(seg, '/', len - start - 1);
		size_t n = slash ? (size_t)(slash - seg) : len - start - 1;
		struct result r = check_segment(seg, n, start + 1, reterr);

		if (failed(r))
			return r;
		start += 1 + n;
	}
	return RESULT_OK;
}

/* SPIFFE-ID.md 2 (the scheme) and 2.4 (in whatever case). */
static bool has_scheme(const char *uri, size_t len)
{
	if (len < SCHEME_LEN)
		return false;
	for (size_t i = 0; i < SCHEME_LEN; i++)
		if (lower(uri[i]) != SCHEME[i])
			return false;
	return true;
}

struct result spiffe_id_parse(const char *uri, size_t len, struct spiffe_id *ret_id,
			      struct err *reterr)
{
	const char *slash;
	size_t td_len;
	struct result r;

	/* SPIFFE-ID.md 2.3 */
	if (len > SPIFFE_ID_MAX)
		return FAIL(reterr, ERR_PARSE, "byte %d: a SPIFFE ID of %zu bytes, longer than %d",
			    SPIFFE_ID_MAX, len, SPIFFE_ID_MAX);
	if (!has_scheme(uri, len))
		return FAIL(reterr, ERR_PARSE, "byte 0: a SPIFFE ID starts with \"" SCHEME "\"");
	slash = memchr(uri + SCHEME_LEN, '/', len - SCHEME_LEN);
	td_len = slash ? (size_t)(slash - uri) - SCHEME_LEN : len - SCHEME_LEN;
	r = check_trust_domain(uri + SCHEME_LEN, td_len, SCHEME_LEN, reterr);
	if (failed(r))
		return r;
	r = check_path(uri, len, SCHEME_LEN + td_len, reterr);
	if (failed(r))
		return r;

	/* SPIFFE-ID.md 2.4: what is case-insensitive is lower case from here on. */
	for (size_t i = 0; i < SCHEME_LEN + td_len; i++)
		ret_id->uri[i] = lower(uri[i]);
	memcpy(ret_id->uri + SCHEME_LEN + td_len, uri + SCHEME_LEN + td_len,
	       len - SCHEME_LEN - td_len);
	ret_id->uri[len] = '\0';
	ret_id->len = (uint16_t)len;
	ret_id->td_len = (uint16_t)td_len;
	return RESULT_OK;
}

struct result trust_domain_parse(const char *name, size_t len, char ret[TRUST_DOMAIN_MAX + 1],
				 struct err *reterr)
{
	struct result r = check_trust_domain(name, len, 0, reterr);

	if (failed(r))
		return r;
	for (size_t i = 0; i < len; i++)
		ret[i] = lower(name[i]);
	ret[len] = '\0';
	return RESULT_OK;
}

const char *spiffe_id_path(const struct spiffe_id *id)
{
	return id->uri + SCHEME_LEN + id->td_len;
}

/* Both were normalised, so equal bytes is equal as SPIFFE-ID.md 2.4 has it. */
bool spiffe_id_equal(const struct spiffe_id *a, const struct spiffe_id *b)
{
	return a->len == b->len && memcmp(a->uri, b->uri, a->len) == 0;
}

bool spiffe_id_same_trust_domain(const struct spiffe_id *a, const struct spiffe_id *b)
{
	return a->td_len == b->td_len &&
	       memcmp(a->uri + SCHEME_LEN, b->uri + SCHEME_LEN, a->td_len) == 0;
}

bool spiffe_id_in_trust_domain(const struct spiffe_id *id, const char *td)
{
	return strlen(td) == id->td_len && memcmp(id->uri + SCHEME_LEN, td, id->td_len) == 0;
}

void spiffe_id_trust_domain(const struct spiffe_id *id, char ret[TRUST_DOMAIN_MAX + 1])
{
	memcpy(ret, id->uri + SCHEME_LEN, id->td_len);
	ret[id->td_len] = '\0';
}
