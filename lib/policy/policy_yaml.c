/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy_yaml.h"

#include <libfyaml.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_text.h"
#include "policy/utf8.h"

#define DEPTH_MAX 4 /* the policy, its rules, a rule, its peers */

struct frame {
	struct yaml_node *node;
	struct yaml_node **tail; /* where the next child goes */
	struct yaml_node *key;   /* in a map: read and waiting for its value */
};

struct reader {
	const struct source *src;
	struct arena *arena;
	struct policy_diag *diag;
	struct err *reterr;
	struct yaml_node *root;
	struct frame stack[DEPTH_MAX];
	unsigned depth;
	unsigned documents;
	size_t last; /* where the last scalar was: a value left out has no place */
};

const char *yaml_kind_name(enum yaml_kind kind)
{
	static const char *const names[] = {
		[YAML_SCALAR] = "a single value",
		[YAML_LIST] = "a list",
		[YAML_MAP] = "a map",
	};

	return names[kind];
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
	return src->text[at] == '[' && i + 1 < src->len && src->text[i] == ']' &&
	       src->text[i + 1] == ':' && memchr(src->text + at, ':', i - at);
}

/* Puts a node where the document has come to. */
static struct result attach(struct reader *r, struct yaml_node *node)
{
	struct frame *f = r->depth ? &r->stack[r->depth - 1] : NULL;

	if (!f) {
		r->root = node;
		return RESULT_OK;
	}
	if (f->node->kind == YAML_MAP && !f->key) {
		if (node->kind != YAML_SCALAR)
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

static struct result open_node(struct reader *r, struct fy_event *ev, enum yaml_kind kind)
{
	const struct fy_mark *mark = fy_event_start_mark(ev);
	struct yaml_node *node = arena_alloc(r->arena, sizeof *node);
	struct result res;

	if (!node)
		return no_memory(r);
	node->kind = kind;
	node->at = mark ? mark->input_pos : r->last;
	if (kind == YAML_LIST && is_bare_ipv6(r->src, node->at))
		return refuse_unquoted(r, node->at, "an unquoted [ starts a YAML list", " \t\r\n,\"#");
	if (r->depth == DEPTH_MAX)
		return refuse(r, node->at, "nested too deeply for a policy", NULL);
	res = attach(r, node);
	if (!failed(res))
		r->stack[r->depth++] = (struct frame){ node, &node->child, NULL };
	return res;
}

static struct result add_scalar(struct reader *r, struct fy_event *ev)
{
	const struct fy_mark *mark = fy_event_start_mark(ev);
	enum fy_node_style style = fy_event_get_node_style(ev);
	struct yaml_node *node = arena_alloc(r->arena, sizeof *node);
	const char *text = "";
	uint32_t c;

	if (node && ev->scalar.value)
		text = fy_token_get_text(ev->scalar.value, &node->len);
	if (!node || !text || !(node->text = arena_strndup(r->arena, text, node->len)))
		return no_memory(r);
	node->quoted = style == FYNS_SINGLE_QUOTED || style == FYNS_DOUBLE_QUOTED;
	node->at = mark ? mark->input_pos : r->last;
	if (mark && node->quoted && node->at > 0)
		node->at--; /* the mark is behind the quote */
	r->last = node->at;
	for (size_t i = 0, n; i < node->len; i += n) {
		n = utf8_next(node->text + i, node->len - i, &c);
		if (n == 0 || utf8_is_control(c) || c == 0)
			return refuse(r, node->at, "a value with a line break or another control character",
				      "a value on one line");
	}
	return attach(r, node);
}

static struct result refuse_decoration(struct reader *r, struct fy_event *ev)
{
	struct fy_token *anchor = fy_event_get_anchor_token(ev), *tag = fy_event_get_tag_token(ev);
	const struct fy_mark *mark = fy_token_start_mark(anchor ? anchor : tag);
	size_t at = mark ? mark->input_pos : r->last;

	if (anchor)
		return refuse(r, at ? at - 1 : 0, "a YAML anchor, and a policy has none",
			      "the value itself, in quotes if it starts with &");
	return refuse(r, at, "a YAML tag, and a policy has none",
		      "the value itself, in quotes if it starts with !");
}

static struct result take(struct reader *r, struct fy_event *ev)
{
	const struct fy_mark *mark = fy_event_start_mark(ev);
	size_t at = mark ? mark->input_pos : r->last;

	if (fy_event_get_anchor_token(ev) || fy_event_get_tag_token(ev))
		return refuse_decoration(r, ev);
	if (ev->type == FYET_DOCUMENT_START)
		r->documents++;
	/* After "..." it is the first value that has a place, not its document. */
	if (r->documents > 1 && mark)
		return refuse(r, at, "a second YAML document", "one document in one file");
	switch (ev->type) {
	case FYET_SCALAR:
		return add_scalar(r, ev);
	case FYET_MAPPING_START:
		return open_node(r, ev, YAML_MAP);
	case FYET_SEQUENCE_START:
		return open_node(r, ev, YAML_LIST);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		if (r->depth > 0)
			r->depth--;
		return RESULT_OK;
	case FYET_ALIAS:
		return refuse_alias(r, at ? at - 1 : 0);
	case FYET_NONE:
	case FYET_DOCUMENT_START:
	case FYET_STREAM_START:
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END:
		break;
	}
	return RESULT_OK;
}

/* What the library made of it. Its place is in lines and characters from 1 on. */
static struct result refuse_syntax(struct reader *r, struct fy_diag *fyd)
{
	void *iter = NULL;
	struct fy_diag_error *e = fy_diag_errors_iterate(fyd, &iter);
	char what[256];
	size_t at;

	if (!e || !e->msg)
		return no_memory(r); /* it gives a reason for all else */
	at = source_offset(r->src, e->line, e->column);
	if (at > 0 && r->src->text[at - 1] == '*' && strstr(e->msg, "alias"))
		return refuse_alias(r, at - 1);
	snprintf(what, sizeof what, "not YAML: %s", e->msg);
	return refuse(r, at, what, NULL);
}

/* Errors are collected; this is where the library writes everything else. */
static void nowhere(struct fy_diag *diag, void *user, const char *buf, size_t len)
{
}

static struct fy_diag *new_diag(void)
{
	struct fy_diag_cfg cfg;
	struct fy_diag *diag;

	fy_diag_cfg_default(&cfg);
	cfg.fp = NULL;
	cfg.output_fn = nowhere;
	cfg.colorize = false;
	diag = fy_diag_create(&cfg);
	if (diag)
		fy_diag_set_collect_errors(diag, true);
	return diag;
}

static struct result read_events(struct reader *r, struct fy_parser *parser, struct fy_diag *diag)
{
	struct result res = RESULT_OK;
	struct fy_event *ev;

	while (!failed(res) && (ev = fy_parser_parse(parser))) {
		res = take(r, ev);
		fy_parser_event_free(parser, ev);
	}
	if (!failed(res) && fy_parser_get_stream_error(parser))
		res = refuse_syntax(r, diag);
	if (!failed(res) && !r->root)
		res = refuse(r, 0, "the policy is empty", "version: 1");
	return res;
}

/* libfyaml 0.7.12 dies of many a failed allocation (a sweep over policy_parse
 * showed it), so see first that there is room for what it may want. */
static bool has_room(size_t len)
{
	void *p = malloc(256 * 1024 + 16 * len);

	free(p);
	return p != NULL;
}

struct result yaml_parse(const struct source *src, struct arena *a, struct yaml_node **ret,
			 struct policy_diag *diag, struct err *reterr)
{
	struct reader r = { .src = src, .arena = a, .diag = diag, .reterr = reterr };
	struct fy_parse_cfg cfg = { .flags = FYPCF_DEFAULT_VERSION_1_2 | FYPCF_JSON_NONE };
	struct fy_parser *parser = NULL;
	struct result res = text_check(src, diag, reterr);

	if (failed(res))
		return res;
	if (!has_room(src->len))
		return no_memory(&r);
	cfg.diag = new_diag();
	if (cfg.diag)
		parser = fy_parser_create(&cfg);
	if (parser && fy_parser_set_string(parser, src->text, src->len) == 0)
		res = read_events(&r, parser, cfg.diag);
	else
		res = no_memory(&r);
	if (parser)
		fy_parser_destroy(parser);
	if (cfg.diag)
		fy_diag_destroy(cfg.diag);
	if (!failed(res))
		*ret = r.root;
	return res;
}
