/* SPDX-License-Identifier: Apache-2.0 */
#include "event_line.h"

#include <libfyaml.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "audit/event.h"
#include "cli.h"

struct text {
	const char *s;
	size_t len;
};

/* A scalar member of the object; len 0 if there is none. Borrowed. */
static struct text member(struct fy_node *object, const char *key)
{
	struct text t = { "", 0 };
	struct fy_node *n = fy_node_mapping_lookup_value_by_simple_key(
		object, key, FY_NT);

	if (n && fy_node_is_scalar(n))
		t.s = fy_node_get_scalar(n, &t.len);
	return t.s ? t : (struct text){ "", 0 };
}

static void put(FILE *out, const char *before, struct text t)
{
	if (!t.len)
		return;
	fputs(before, out);
	print_clean(out, t.s, t.len, false);
}

/* RFC 3339 in UTC to local time; anything else stays as it is. */
static void put_time(FILE *out, struct text t)
{
	char in[40], text[40];
	struct tm tm = { 0 };
	const char *rest;
	time_t at;

	if (t.len < sizeof in) {
		memcpy(in, t.s, t.len);
		in[t.len] = '\0';
		rest = strptime(in, "%Y-%m-%dT%H:%M:%S", &tm);
		if (rest && (*rest == '.' || *rest == 'Z')) {
			at = timegm(&tm);
			if (localtime_r(&at, &tm) &&
			    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S",
				     &tm)) {
				fputs(text, out);
				return;
			}
		}
	}
	put(out, "", t);
}

/* What the event means, for one that gives no reason of its own. */
static struct text meaning(struct text name)
{
	static const struct {
		const char *name, *text;
	} types[] = {
#define X(type, event, severity, text) { event, text },
		AUDIT_EVENTS(X)
#undef X
	};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strlen(types[i].name) == name.len &&
		    memcmp(types[i].name, name.s, name.len) == 0)
			return (struct text){ types[i].text,
					      strlen(types[i].text) };
	return (struct text){ "", 0 };
}

/* time, event, program[pid], role, peer, rule: phase: reason (error, alert) */
static void put_event(FILE *out, struct fy_node *o, struct text event)
{
	struct text reason = member(o, "reason"), own = member(o, "own_id");
	struct text peer = member(o, "peer_id");

	put_time(out, member(o, "time"));
	put(out, "  ", event);
	put(out, "  ", member(o, "program"));
	if (member(o, "pid").len) {
		put(out, "[", member(o, "pid"));
		fputc(']', out);
	}
	put(out, "  ", member(o, "role"));
	put(out, peer.len ? "  peer " : "  ", peer.len ? peer : own);
	put(out, "  from ", member(o, "remote"));
	put(out, "  rule ", member(o, "rule"));
	put(out, "  call ", member(o, "call"));
	put(out, "  file ", member(o, "file"));
	put(out, ": ", member(o, "phase"));
	put(out, ": ", reason.len ? reason : meaning(event));
	put(out, "  ", member(o, "error"));
	put(out, "  alert ", member(o, "alert"));
	fputc('\n', out);
}

/* The library's own complaints would go to standard error. */
static void discard(struct fy_diag *diag, void *user, const char *buf,
		    size_t len)
{
}

static struct fy_diag *silent(void)
{
	struct fy_diag_cfg cfg;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	cfg.output_fn = discard;
	return fy_diag_create(&cfg);
}

void event_line_print(FILE *out, const char *line, size_t len)
{
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_JSON_FORCE,
				    .diag = silent() };
	struct fy_document *doc = NULL;
	struct fy_node *root = NULL;
	struct text event = { "", 0 };

	if (cfg.diag && len && line[0] == '{') /* all that audit_format writes */
		doc = fy_document_build_from_string(&cfg, line, len);
	if (doc)
		root = fy_document_root(doc);
	if (root && fy_node_is_mapping(root))
		event = member(root, "event");
	if (event.len) {
		put_event(out, root, event);
	} else {
		print_clean(out, line, len, false);
		fputc('\n', out);
	}
	if (doc)
		fy_document_destroy(doc);
	if (cfg.diag)
		fy_diag_destroy(cfg.diag);
}
