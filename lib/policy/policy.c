/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/policy.h"

#include <string.h>

#include "policy/file_trust.h"
#include "policy/policy_internal.h"
#include "policy/policy_yaml.h"
#include "workload/endpoint.h"

/* 1 MiB makes a tree of at most half a million nodes. */
#define TREE_MAX ((size_t)128 * 1024 * 1024)

static struct result set_version(struct build *b, const struct policy_node *v, void *into)
{
	struct result r = build_want(b, v, NODE_SCALAR, "1");

	if (failed(r) || !strcmp(v->text, "1"))
		return r;
	return build_refuse(b, v, 0, "1", "unknown version \"%.32s\"", v->text);
}

static struct result set_default(struct build *b, const struct policy_node *v, void *into)
{
	static const char *const words[] = { "deny", "bypass" };
	static const enum rule_mode modes[] = { MODE_DENY, MODE_BYPASS };
	struct policy *p = into;
	size_t i = 0;
	struct result r = word_index(b, v, words, 2, "deny or bypass", &i);

	if (!failed(r))
		p->otherwise = modes[i];
	return r;
}

/* SPIFFE_Workload_Endpoint.md 4 */
static struct result set_workload_api(struct build *b, const struct policy_node *v, void *into)
{
	static const char shape[] = "unix:///ABSOLUTE/PATH or tcp://IP:PORT";
	struct result r = build_want(b, v, NODE_SCALAR, shape);
	struct policy *p = into;
	struct endpoint endpoint;
	struct err e = { 0 };

	if (failed(r))
		return r;
	r = endpoint_parse(v->text, &endpoint, &e);
	if (failed(r))
		return build_refuse(b, v, 0, shape, "no Workload API address: %.250s", e.text);
	p->workload_api = arena_strndup(b->arena, v->text, v->len);
	return p->workload_api ? RESULT_OK : build_no_memory(b);
}

static struct result set_rules(struct build *b, const struct policy_node *v, void *into)
{
	struct result r = build_want(b, v, NODE_LIST, "a list of rules, or [] for none");
	const struct policy_node *item = v->child;
	struct policy *p = into;

	if (failed(r))
		return r;
	p->rules = arena_array(b->arena, v->count, sizeof *p->rules);
	if (!p->rules)
		return build_no_memory(b);
	for (; item && !failed(r); item = item->next)
		r = rule_build(b, item, &p->rules[p->n_rules++]);
	return r;
}

static const struct key_def policy_keys[] = {
	{ "version", set_version, "version: 1" },
	{ "default", set_default, "default: deny, or default: bypass" },
	{ "workload_api", set_workload_api, NULL },
	{ "rules", set_rules, NULL },
};

/* A copy of what later messages quote. An UTF-8 byte order mark is no text. */
static struct result copy_source(struct policy *p, const char *name, const char *text, size_t len,
				 struct err *reterr)
{
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	if (len > POLICY_SIZE_MAX)
		len = POLICY_SIZE_MAX + 1; /* enough to be refused */
	p->src.name = arena_strndup(&p->arena, name, strlen(name));
	p->src.text = arena_strndup(&p->arena, text, len);
	p->src.len = len;
	if (!p->src.name || !p->src.text)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	return RESULT_OK;
}

struct result policy_build(struct policy *p, const struct policy_node *root, struct policy_diag *diag,
			   struct err *reterr)
{
	struct build b = { .src = &p->src, .arena = &p->arena, .diag = diag, .reterr = reterr };
	struct result r = keys_walk(&b, root, "policy", policy_keys,
				    sizeof policy_keys / sizeof *policy_keys, p);

	if (!failed(r))
		r = rule_index_build(p, reterr);
	if (!failed(r))
		r = rules_check(&b, p);
	return r;
}

static struct result read_policy(struct policy *p, struct policy_diag *diag, struct err *reterr)
{
	struct arena tree = { .limit = TREE_MAX };
	struct policy_node *root = NULL;
	struct result r = policy_yaml_read(&p->src, &tree, &root, diag, reterr);

	if (!failed(r))
		r = policy_build(p, root, diag, reterr);
	arena_clear(&tree);
	return r;
}

struct result policy_parse(const char *name, const char *text, size_t len, struct policy **ret,
			   struct policy_diag *diag, struct err *reterr)
{
	AUTO_UNREF(policy) p = calloc(1, sizeof *p);
	struct policy_diag own;
	struct result r;

	if (!p)
		return FAIL(reterr, ERR_NOMEM, "out of memory");
	atomic_init(&p->refs, 1);
	r = copy_source(p, name, text, len, reterr);
	if (!failed(r))
		r = read_policy(p, diag ? diag : &own, reterr);
	if (!failed(r))
		*ret = STEAL(p);
	return r;
}

struct result policy_load(const struct sys *sys, const char *path, struct policy **ret,
			  struct policy_diag *diag, struct err *reterr)
{
	char *text AUTO_MALLOC = NULL;
	size_t len = 0;
	struct result r = file_trust_read(sys, path, POLICY_SIZE_MAX + 3, &text, &len, reterr);

	return failed(r) ? r : policy_parse(path, text, len, ret, diag, reterr);
}

struct policy *policy_ref(struct policy *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

struct policy *policy_unref(struct policy *p)
{
	if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1) {
		arena_clear(&p->arena);
		free(p);
	}
	return NULL;
}

const char *policy_workload_api(const struct policy *p)
{
	return p->workload_api;
}

const char *policy_name(const struct policy *p)
{
	return p->src.name;
}

size_t policy_rule_count(const struct policy *p)
{
	return p->n_rules;
}

const struct rule *policy_rule(const struct policy *p, size_t i)
{
	return i < p->n_rules ? &p->rules[i] : NULL;
}

enum rule_mode policy_default(const struct policy *p)
{
	return p->otherwise;
}

int policy_each_name(const struct policy *p,
		     int (*each)(void *ctx, const char *host, const struct rule *r), void *ctx)
{
	int stop = 0;

	for (size_t i = 0; i < p->n_rules && !stop; i++)
		if (p->rules[i].address.kind == ADDRESS_HOST)
			stop = each(ctx, p->rules[i].address.host, &p->rules[i]);
	return stop;
}

void rule_diag(const struct policy *p, const struct rule *r, const char *message, struct policy_diag *ret)
{
	source_diag(&p->src, r->at, message, NULL, ret);
}

unsigned rule_line(const struct policy *p, const struct rule *r)
{
	unsigned line, column;

	source_place(&p->src, r->name_at, &line, &column);
	return line;
}
