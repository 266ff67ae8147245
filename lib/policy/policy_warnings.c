/* SPDX-License-Identifier: Apache-2.0 */
/* What is legal and yet worth a second look. */
#include <stdarg.h>

#include "policy/policy_internal.h"

struct warnings {
	const struct policy *p;
	FILE *out; /* NULL: only count */
	size_t count;
};

static void warn(struct warnings *w, const struct rule *r, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void warn(struct warnings *w, const struct rule *r, const char *fmt, ...)
{
	va_list ap;

	w->count++;
	if (!w->out)
		return;
	if (r)
		fprintf(w->out, "%s:%u: warning: rule \"%s\": ", w->p->src.name, rule_line(w->p, r), r->name);
	else
		fprintf(w->out, "%s: warning: ", w->p->src.name);
	va_start(ap, fmt);
	vfprintf(w->out, fmt, ap);
	va_end(ap);
	fputc('\n', w->out);
}

static void warn_rule(struct warnings *w, const struct rule *r)
{
	if (r->address.kind == ADDRESS_HOST && r->mode != MODE_BYPASS && r->address.port_lo != r->address.port_hi)
		warn(w, r, "a name with several ports claims them all: other addresses there are denied");
	for (size_t i = 0; i < r->n_peers; i++)
		if (peer_pattern_is_whole_domain(&r->peers[i]))
			warn(w, r, "accepts every identity of %s", r->peers[i].td);
}

size_t policy_warnings(const struct policy *p, FILE *out)
{
	struct warnings w = { .p = p, .out = out };

	if (p->otherwise == MODE_BYPASS)
		warn(&w, NULL, "default: bypass leaves in plaintext whatever no rule matches");
	if (p->n_rules == 0)
		warn(&w, NULL, "there are no rules");
	for (size_t i = 0; i < p->n_rules; i++)
		warn_rule(&w, &p->rules[i]);
	return w.count;
}
