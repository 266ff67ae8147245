/* SPDX-License-Identifier: Apache-2.0 */
#include "event_line.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <yaml.h>

#include "audit/event.h"
#include "cli.h"

struct text {
	const char *s;
	size_t len;
};

/* A line as libyaml reads it: JSON is YAML. */
struct object {
	yaml_document_t *doc;
	yaml_node_t *map;
};

static struct text scalar(const yaml_node_t *n)
{
	if (!n || n->type != YAML_SCALAR_NODE)
		return (struct text){ "", 0 };
	return (struct text){ (const char *)n->data.scalar.value,
			      n->data.scalar.length };
}

/* A scalar member of the object; len 0 if there is none. Borrowed. */
static struct text member(const struct object *o, const char *key)
{
	yaml_node_pair_t *end = o->map->data.mapping.pairs.top;

	for (yaml_node_pair_t *p = o->map->data.mapping.pairs.start; p < end;
	     p++) {
		struct text k = scalar(yaml_document_get_node(o->doc, p->key));

		if (k.len == strlen(key) && memcmp(k.s, key, k.len) == 0)
			return scalar(yaml_document_get_node(o->doc, p->value));
	}
	return (struct text){ "", 0 };
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
static void put_event(FILE *out, const struct object *o, struct text event)
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

/* Prints the event that doc holds; false if it holds none. */
static bool put_document(FILE *out, yaml_document_t *doc)
{
	struct object o = { doc, yaml_document_get_root_node(doc) };
	struct text event;

	if (!o.map || o.map->type != YAML_MAPPING_NODE)
		return false;
	event = member(&o, "event");
	if (event.len)
		put_event(out, &o, event);
	return event.len;
}

void event_line_print(FILE *out, const char *line, size_t len)
{
	bool done = false;
	yaml_document_t doc;
	yaml_parser_t parser;

	if (len && line[0] == '{' && yaml_parser_initialize(&parser)) {
		yaml_parser_set_input_string(
			&parser, (const unsigned char *)line, len);
		if (yaml_parser_load(&parser, &doc)) {
			done = put_document(out, &doc);
			yaml_document_delete(&doc);
		}
		yaml_parser_delete(&parser);
	}
	if (done)
		return;
	print_clean(out, line, len, false);
	fputc('\n', out);
}
