/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/keys.h"

#include <string.h>

#define WORD_MAX 32u
#define TABLE_MAX 16u

struct result build_refuse(struct build *b, const struct policy_node *value, size_t offset,
			   const char *expected, const char *fmt, ...)
{
	size_t at = value->at + (value->quoted ? 1 : 0);
	char what[400];
	va_list ap;

	/* The byte in the value is one in the file unless an escape stands before it. */
	if (offset == 0 || at + offset > b->src->len || memcmp(b->src->text + at, value->text, offset) != 0)
		at = value->at;
	else
		at += offset;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	source_diag(b->src, at, what, expected, b->diag);
	return FAIL(b->reterr, ERR_PARSE, "%s", b->diag->text);
}

struct result build_no_memory(struct build *b)
{
	return FAIL(b->reterr, ERR_NOMEM, "out of memory");
}

struct result build_result(struct build *b, const struct policy_node *value, struct result r,
			   const struct complaint *c)
{
	if (r.cls == ERR_NOMEM)
		return build_no_memory(b);
	return failed(r) ? build_refuse(b, value, c->at, c->expected, "%s", c->text) : r;
}

struct result build_want(struct build *b, const struct policy_node *value, enum node_kind kind,
			 const char *expected)
{
	if (value->kind == kind)
		return RESULT_OK;
	return build_refuse(b, value, 0, expected, "%s where %s belongs",
			    value->kind == NODE_SCALAR && value->len == 0 ? "nothing" :
			    node_kind_name(value->kind), node_kind_name(kind));
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance: insertions, deletions and replacements. */
static unsigned distance(const char *a, const char *b)
{
	unsigned row[WORD_MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > WORD_MAX || m > WORD_MAX)
		return WORD_MAX;
	for (unsigned j = 0; j <= m; j++)
		row[j] = j;
	for (unsigned i = 1; i <= n; i++) {
		unsigned diagonal = row[0];

		row[0] = i;
		for (unsigned j = 1; j <= m; j++) {
			unsigned above = row[j];

			row[j] = least(least(above, row[j - 1]) + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[m];
}

/* The word that was probably meant, or NULL. */
static const char *nearest(const char *word, const char *const *words, size_t n)
{
	const char *best = NULL;
	unsigned least_so_far = strlen(word) < 5 ? 2 : 3;

	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(word, words[i]);

		if (d < least_so_far && d < strlen(words[i])) {
			least_so_far = d;
			best = words[i];
		}
	}
	return best;
}

static struct result refuse_word(struct build *b, const struct policy_node *value, const char *what,
				 const char *const *words, size_t n, const char *expected)
{
	const char *meant = nearest(value->text, words, n);

	if (meant)
		return build_refuse(b, value, 0, expected, "%s \"%.64s\"; did you mean \"%s\"?", what,
				    value->text, meant);
	return build_refuse(b, value, 0, expected, "%s \"%.64s\"", what, value->text);
}

struct result word_index(struct build *b, const struct policy_node *value, const char *const *words,
			 size_t n, const char *expected, size_t *ret)
{
	struct result r = build_want(b, value, NODE_SCALAR, expected);

	if (failed(r))
		return r;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(value->text, words[i])) {
			*ret = i;
			return RESULT_OK;
		}
	return refuse_word(b, value, "unknown value", words, n, expected);
}

static struct result refuse_key(struct build *b, const struct policy_node *key, const char *what,
				const struct key_def *defs, size_t n)
{
	const char *words[TABLE_MAX];
	char expected[192] = "", about[64];
	size_t len = 0;

	for (size_t i = 0; i < n && i < TABLE_MAX; i++) {
		words[i] = defs[i].name;
		len += (size_t)snprintf(expected + len, sizeof expected - len, "%s%s",
					i == 0 ? "" : i == n - 1 ? " or " : ", ", defs[i].name);
		if (len >= sizeof expected)
			break;
	}
	snprintf(about, sizeof about, "unknown key in a %s:", what);
	return refuse_word(b, key, about, words, n < TABLE_MAX ? n : TABLE_MAX, expected);
}

static struct result take(struct build *b, const struct policy_node *value, const char *what,
			  const struct key_def *defs, size_t n, const struct policy_node **seen, void *into)
{
	unsigned line, column;

	for (size_t i = 0; i < n; i++) {
		if (strcmp(value->key->text, defs[i].name) != 0)
			continue;
		if (seen[i]) {
			source_place(b->src, seen[i]->key->at, &line, &column);
			return build_refuse(b, value->key, 0, "each key once",
					    "key \"%s\" again; it stands in line %u", defs[i].name, line);
		}
		seen[i] = value;
		return defs[i].set(b, value, into);
	}
	return refuse_key(b, value->key, what, defs, n);
}

struct result keys_walk(struct build *b, const struct policy_node *map, const char *what,
			const struct key_def *defs, size_t n, void *into)
{
	const struct policy_node *seen[TABLE_MAX] = { 0 };
	struct result r = RESULT_OK;
	char expected[64];

	snprintf(expected, sizeof expected, "a %s: lines of \"key: value\"", what);
	r = build_want(b, map, NODE_MAP, expected);
	for (const struct policy_node *v = failed(r) ? NULL : map->child; v && !failed(r); v = v->next)
		r = take(b, v, what, defs, n, seen, into);
	for (size_t i = 0; i < n && !failed(r); i++)
		if (defs[i].missing && !seen[i])
			r = build_refuse(b, map, 0, defs[i].missing, "the %s has no \"%s\"", what, defs[i].name);
	return r;
}
