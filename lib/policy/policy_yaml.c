/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_yaml.h"

#include <string.h>
#include <yaml.h>

#include "policy/policy_text.h"
#include "policy/utf8.h"

#define DEPTH_MAX 4 /* the policy, its rules, a rule, its peers */

struct frame {
	struct policy_node *node;
	struct policy_node **tail; /* where the next child goes */
	struct policy_node *key;   /* in a map: read and waiting for its value */
};

struct reader {
	const struct source *src;
	struct arena *arena;
	struct policy_diag *diag;
	struct err *reterr;
	struct policy_node *root;
	struct frame stack[DEPTH_MAX];
	unsigned depth;
	unsigned documents;
	size_t last; /* where the last scalar was: a value left out has no place */
	yaml_mark_t mark; /* the last one found: the library counts lines and characters */
	size_t mark_at;   /* its byte */
};

const char *node_kind_name(enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_SCALAR] = "a single value",
		[NODE_LIST] = "a list",
		[NODE_MAP] = "a map",
	};

	return names[kind];
}

/* The byte at a mark. Marks go forward but for a few steps, so go on from the
 * last one: from the start each time, a long file would take for ever. */
static size_t offset_of(struct reader *r, const yaml_mark_t *mark)
{
	bool same = mark->line == r->mark.line;
	struct source rest = *r->src;

	if (mark->line < r->mark.line || (same && mark->column < r->mark.column)) {
		r->mark = (yaml_mark_t){ 0 };
		r->mark_at = 0;
		same = mark->line == 0;
	}
	rest.text += r->mark_at;
	rest.len -= r->mark_at;
	r->mark_at += source_offset(&rest, mark->line - r->mark.line + 1,
				    mark->column - (same ? r->mark.column : 0) + 1);
	r->mark = *mark;
	return r->mark_at;
}

static struct result refuse(struct reader *r, size_t at, const char *what, const char *expected)
{
	source_diag(r->src, at, what, expected, r->diag);
	return FAIL(r->reterr, ERR_PARSE, "%s", r->diag->text);
}

static struct result no_memory(struct reader *r)
{
	return FAIL(r->reterr, ERR_NOMEM, "out of memory");
}

/* How far a word goes that should have been quoted: to one of stop. */
static int word_len(const struct source *src, size_t at, const char *stop)
{
	size_t n = 0;

	while (at + n < src->len && n < 64 && !strchr(stop, src->text[at + n]))
		n++;
	return (int)n;
}

static struct result refuse_unquoted(struct reader *r, size_t at, const char *what, const char *stop)
{
	char expected[96];

	snprintf(expected, sizeof expected, "\"%.*s\", in quotes", word_len(r->src, at, stop),
		 r->src->text + at);
	return refuse(r, at, what, expected);
}

static struct result refuse_alias(struct reader *r, size_t at)
{
	return refuse_unquoted(r, at, "an unquoted * starts a YAML alias, and a policy has none",
			       " \t\r\n,\"]}#");
}

/* `[fd00::1]:443` without quotes starts a list. */
static bool is_bare_ipv6(const struct source *src, size_t at)
{
	size_t i = at;

	while (i < src->len && !strchr("]\n\"', ", src->text[i]))
		i++;
	return at < src->len && src->text[at] == '[' && i + 1 < src->len && src->text[i] == ']' &&
	       src->text[i + 1] == ':' && memchr(src->text + at, ':', i - at);
}

/* Puts a node where the document has come to. */
static struct result attach(struct reader *r, struct policy_node *node)
{
	struct frame *f = r->depth ? &r->stack[r->depth - 1] : NULL;

	if (!f) {
		r->root = node;
		return RESULT_OK;
	}
	if (f->node->kind == NODE_MAP && !f->key) {
		if (node->kind != NODE_SCALAR)
			return refuse(r, node->at, "a key that is a list or a map", "a plain word");
		f->key = node;
		return RESULT_OK;
	}
	node->key = f->key;
	f->key = NULL;
	*f->tail = node;
	f->tail = &node->next;
	f->node->count++;
	return RESULT_OK;
}

static struct result open_node(struct reader *r, size_t at, enum node_kind kind)
{
	struct policy_node *node = arena_alloc(r->arena, sizeof *node);
	struct result res;

	if (!node)
		return no_memory(r);
	node->kind = kind;
	node->at = at;
	if (kind == NODE_LIST && is_bare_ipv6(r->src, at))
		return refuse_unquoted(r, at, "an unquoted [ starts a YAML list", " \t\r\n,\"#");
	if (r->depth == DEPTH_MAX)
		return refuse(r, at, "nested too deeply for a policy", NULL);
	res = attach(r, node);
	if (!failed(res))
		r->stack[r->depth++] = (struct frame){ node, &node->child, NULL };
	return res;
}

static struct result add_scalar(struct reader *r, size_t at, const yaml_event_t *ev)
{
	struct policy_node *node = arena_alloc(r->arena, sizeof *node);
	const char *text = (const char *)ev->data.scalar.value;
	yaml_scalar_style_t style = ev->data.scalar.style;
	uint32_t c;

	if (!node || !(node->text = arena_strndup(r->arena, text, ev->data.scalar.length)))
		return no_memory(r);
	node->len = ev->data.scalar.length;
	node->quoted = style == YAML_SINGLE_QUOTED_SCALAR_STYLE || style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	if (ev->start_mark.index < ev->end_mark.index)
		r->last = at;
	node->at = r->last;
	for (size_t i = 0, n; i < node->len; i += n) {
		n = utf8_next(node->text + i, node->len - i, &c);
		if (n == 0 || utf8_is_control(c) || c == 0)
			return refuse(r, node->at, "a value with a line break or another control character",
				      "a value on one line");
	}
	return attach(r, node);
}

/* Whether a value is decorated shows in its first byte, in the event not always:
 * the library drops the tag "!". */
static struct result refuse_decoration(struct reader *r, size_t at)
{
	if (r->src->text[at] == '&')
		return refuse(r, at, "a YAML anchor, and a policy has none",
			      "the value itself, in quotes if it starts with &");
	return refuse(r, at, "a YAML tag, and a policy has none",
		      "the value itself, in quotes if it starts with !");
}

static struct result refuse_second(struct reader *r, size_t at)
{
	return refuse(r, at, "a second YAML document", "one document in one file");
}

static struct result take(struct reader *r, const yaml_event_t *ev)
{
	size_t at = offset_of(r, &ev->start_mark);
	bool empty = ev->start_mark.index == ev->end_mark.index;

	if (ev->type == YAML_DOCUMENT_START_EVENT && r->documents++ > 0)
		return refuse_second(r, at);
	if (!empty && at < r->src->len && strchr("&!", r->src->text[at]))
		return refuse_decoration(r, at);
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return add_scalar(r, at, ev);
	case YAML_MAPPING_START_EVENT:
		return open_node(r, at, NODE_MAP);
	case YAML_SEQUENCE_START_EVENT:
		return open_node(r, at, NODE_LIST);
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		if (r->depth > 0)
			r->depth--;
		return RESULT_OK;
	case YAML_ALIAS_EVENT:
		return refuse_alias(r, at);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	}
	return RESULT_OK;
}

static struct result refuse_syntax(struct reader *r, const yaml_parser_t *parser)
{
	const char *problem = parser->problem ? parser->problem : "?", *context = parser->context;
	size_t at = offset_of(r, &parser->problem_mark);
	char what[256];

	if (parser->error == YAML_MEMORY_ERROR)
		return no_memory(r);
	if (context && strstr(context, "alias"))
		return refuse_alias(r, offset_of(r, &parser->context_mark));
	if (strstr(problem, "<document start>"))
		return refuse_second(r, at);
	/* Of what was never closed, the beginning tells more than the end. */
	if (context && at == r->src->len)
		at = offset_of(r, &parser->context_mark);
	snprintf(what, sizeof what, "not YAML: %s%s%s", problem, context ? " " : "", context ? context : "");
	return refuse(r, at, what, NULL);
}

static struct result read_events(struct reader *r, yaml_parser_t *parser)
{
	struct result res = RESULT_OK;
	bool end = false;

	while (!failed(res) && !end) {
		yaml_event_t ev;

		if (!yaml_parser_parse(parser, &ev))
			return refuse_syntax(r, parser);
		end = ev.type == YAML_STREAM_END_EVENT;
		res = take(r, &ev);
		yaml_event_delete(&ev);
	}
	if (!failed(res) && !r->root)
		res = refuse(r, 0, "the policy is empty", "version: 1");
	return res;
}

struct result policy_yaml_read(const struct source *src, struct arena *a, struct policy_node **ret,
			 struct policy_diag *diag, struct err *reterr)
{
	struct reader r = { .src = src, .arena = a, .diag = diag, .reterr = reterr };
	struct result res = text_check(src, diag, reterr);
	yaml_parser_t parser;

	if (failed(res))
		return res;
	if (!yaml_parser_initialize(&parser))
		return no_memory(&r);
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)src->text, src->len);
	res = read_events(&r, &parser);
	yaml_parser_delete(&parser);
	if (!failed(res))
		*ret = r.root;
	return res;
}
