/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/peer_pattern.h"

#include <string.h>
#include <strings.h>

#define SCHEME "spiffe://"
#define SCHEME_LEN (sizeof SCHEME - 1)

/* Length of the segment that starts at s. */
static size_t segment(const char *s, size_t left)
{
	const char *slash = memchr(s, '/', left);

	return slash ? (size_t)(slash - s) : left;
}

/* One `*` makes one `x` in id, which is what the SPIFFE ID parser then sees. */
static struct result check_segment(const char *text, size_t at, size_t len, bool last, char *id,
				   size_t *id_len, struct complaint *c)
{
	bool any = len == 1 && text[at] == '*', rest = len == 2 && !memcmp(text + at, "**", 2);
	const char *star = memchr(text + at, '*', len);

	if (rest && !last)
		return complain(c, at, "* for each segment but the last", "** stands only at the end");
	if (star && !any && !rest)
		return complain(c, (size_t)(star - text), "* for one whole segment, or ** for all that follows",
				"a wildcard that is a part of a segment");
	if (star) {
		id[(*id_len)++] = 'x';
		return RESULT_OK;
	}
	memcpy(id + *id_len, text + at, len);
	*id_len += len;
	return RESULT_OK;
}

/* Writes an ID without wildcards; no longer than text. */
static struct result without_wildcards(const char *text, size_t len, char *id, size_t *ret_len,
				       struct complaint *c)
{
	size_t at = SCHEME_LEN, n = segment(text + at, len - at);
	const char *star = memchr(text + at, '*', n);

	if (star)
		return complain(c, (size_t)(star - text), "the trust domain's name",
				"a wildcard in the trust domain");
	at += n;
	memcpy(id, text, at);
	*ret_len = at;
	while (at < len) {
		struct result r;

		id[(*ret_len)++] = '/';
		at++;
		n = segment(text + at, len - at);
		r = check_segment(text, at, n, at + n == len, id, ret_len, c);
		if (failed(r))
			return r;
		at += n;
	}
	return RESULT_OK;
}

struct result peer_pattern_parse(const char *text, size_t len, struct arena *a,
				 struct peer_pattern *ret, struct complaint *c)
{
	char id[SPIFFE_ID_MAX + 1];
	size_t id_len = 0;
	struct spiffe_id parsed;
	struct peer_pattern p;
	struct err e = { 0 };
	struct result r;

	if (len < SCHEME_LEN || strncasecmp(text, SCHEME, SCHEME_LEN) != 0)
		return complain(c, 0, "spiffe://TRUST-DOMAIN/PATH", "not a SPIFFE ID");
	if (len > SPIFFE_ID_MAX) /* SPIFFE-ID.md 2.3 */
		return complain(c, 0, "at most 2048", "a SPIFFE ID of %zu bytes", len);
	r = without_wildcards(text, len, id, &id_len, c);
	if (failed(r))
		return r;
	r = spiffe_id_parse(id, id_len, &parsed, &e);
	if (failed(r))
		return complain(c, 0, "spiffe://TRUST-DOMAIN/PATH", "not a SPIFFE ID: %.200s", e.text);
	/* X509-SVID.md 3.1: no leaf has a root path, so nobody would ever match. */
	if (parsed.td_len + SCHEME_LEN == parsed.len)
		return complain(c, 0, "a path; spiffe://TRUST-DOMAIN/** is any identity of it",
				"a trust domain's own ID, which no workload has");
	p.td = arena_strndup(a, parsed.uri + SCHEME_LEN, parsed.td_len);
	p.path = arena_strndup(a, text + SCHEME_LEN + parsed.td_len, len - SCHEME_LEN - parsed.td_len);
	if (!p.td || !p.path)
		return (struct result){ ERR_NOMEM };
	*ret = p;
	return RESULT_OK;
}

bool peer_pattern_is_whole_domain(const struct peer_pattern *p)
{
	return strcmp(p->path, "/**") == 0;
}

bool peer_pattern_matches(const struct peer_pattern *p, const struct spiffe_id *id)
{
	const char *want = p->path, *have = spiffe_id_path(id);

	if (!spiffe_id_in_trust_domain(id, p->td))
		return false;
	while (*want == '/' && *have == '/') {
		size_t n = strcspn(++want, "/"), m = strcspn(++have, "/");

		if (n == 2 && !memcmp(want, "**", 2))
			return m > 0;
		if (m == 0 || !((n == 1 && *want == '*') || (n == m && !memcmp(want, have, n))))
			return false;
		want += n;
		have += m;
	}
	return *want == '\0' && *have == '\0';
}
