/* SPDX-License-Identifier: Apache-2.0 */
/* What can only be said of all rules together. */
#include <stdlib.h>
#include <string.h>

#include "policy/policy_internal.h"

static unsigned line_of(const struct source *src, size_t at)
{
	unsigned line, column;

	source_place(src, at, &line, &column);
	return line;
}

static struct result refuse(struct build *b, size_t at, const char *what, const char *expected)
{
	source_diag(b->src, at, what, expected, b->diag);
	return FAIL(b->reterr, ERR_PARSE, "%s", b->diag->text);
}

static int by_name(const void *a, const void *b)
{
	const struct rule *x = *(const struct rule *const *)a, *y = *(const struct rule *const *)b;
	int order = strcmp(x->name, y->name);

	return order ? order : (x > y) - (x < y);
}

static struct result check_names(struct build *b, const struct policy *p)
{
	const struct rule **sorted = calloc(p->n_rules + 1, sizeof(struct rule *));
	struct result r = RESULT_OK;
	char what[160];

	if (!sorted)
		return build_no_memory(b);
	for (size_t i = 0; i < p->n_rules; i++)
		sorted[i] = &p->rules[i];
	qsort(sorted, p->n_rules, sizeof *sorted, by_name);
	for (size_t i = 1; i < p->n_rules && !failed(r); i++) {
		if (strcmp(sorted[i - 1]->name, sorted[i]->name) != 0)
			continue;
		snprintf(what, sizeof what, "a second rule \"%s\"; the first is in line %u",
			 sorted[i]->name, line_of(b->src, sorted[i - 1]->name_at));
		r = refuse(b, sorted[i]->name_at, what, "a name of its own for each rule");
	}
	free(sorted);
	return r;
}

/* Whatever covers a rule has its lowest port and its address, so the index finds
 * it as it would for a connection. */
static const struct rule *find_cover(const struct policy *p, const struct rule *late)
{
	struct net_address a = { .port = late->address.port_lo };
	const struct rule *early;
	struct rule_cursor c;

	memcpy(a.ip, late->address.ip, sizeof a.ip);
	rule_cursor_start(&c, p, late->side, &a);
	while ((early = rule_cursor_next(&c)) && early < late)
		if (address_pattern_covers(&early->address, &late->address))
			return early;
	return NULL;
}

/* Only an earlier rule that covers the later one whole: a union of several is
 * not looked for. */
static struct result check_shadows(struct build *b, const struct policy *p)
{
	char what[256];

	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *late = &p->rules[i], *early = find_cover(p, late);

		if (!early)
			continue;
		snprintf(what, sizeof what, "rule \"%s\" can never match: rule \"%s\" in line %u covers it",
			 late->name, early->name, line_of(b->src, early->name_at));
		return refuse(b, late->at, what, "the narrower rule first");
	}
	return RESULT_OK;
}

struct result rules_check(struct build *b, const struct policy *p)
{
	struct result r = check_names(b, p);

	return failed(r) ? r : check_shadows(b, p);
}
