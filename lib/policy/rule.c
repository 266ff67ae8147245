/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policy/policy_internal.h"

#define TIMEOUT_DEFAULT_MS 10000
#define TIMEOUT_MIN_MS 1000
#define TIMEOUT_MAX_MS 300000
#define TIMEOUT_SHAPE "a whole number from 1s to 5m with its unit: ms, s or m"
#define MODES "enforce, bypass or deny"

/* A rule as far as it was read, and where its parts stand. */
struct draft {
	struct rule rule;
	const struct policy_node *address, *peers, *mode;
	const char *mode_word;
};

/* Those from MODE_COUNT on are known and refused. */
#define MODE_COUNT 3
static const char *const mode_words[] = {
	[MODE_ENFORCE] = "enforce",
	[MODE_BYPASS] = "bypass",
	[MODE_DENY] = "deny",
	"permissive",
	"observe",
};

static struct result set_name(struct build *b, const struct policy_node *v, void *into)
{
	static const char set[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	static const char shape[] = "1 to 64 letters, digits, dots, hyphens and underscores";
	struct draft *d = into;
	struct result r = build_want(b, v, NODE_SCALAR, shape);
	size_t good;

	if (failed(r))
		return r;
	good = strspn(v->text, set);
	if (good < v->len || v->len == 0)
		return build_refuse(b, v, good, shape, "\"%.64s\" is no name for a rule", v->text);
	if (v->len > 64)
		return build_refuse(b, v, 0, shape, "a rule name of %zu bytes", v->len);
	d->rule.name_at = v->at;
	d->rule.name = arena_strndup(b->arena, v->text, v->len);
	return d->rule.name ? RESULT_OK : build_no_memory(b);
}

static struct result set_address(struct build *b, const struct policy_node *v, void *into, enum rule_side side)
{
	struct draft *d = into;
	struct complaint c = { 0 };
	struct result r = build_want(b, v, NODE_SCALAR, "ADDRESS:PORT");

	if (failed(r))
		return r;
	if (d->address)
		return build_refuse(b, v->key, 0, "accept or connect", "a rule with both accept and connect");
	d->address = v;
	d->rule.side = side;
	d->rule.at = v->at;
	r = address_pattern_parse(v->text, v->len, side == SIDE_CONNECT, b->arena, &d->rule.address, &c);
	return build_result(b, v, r, &c);
}

static struct result set_accept(struct build *b, const struct policy_node *v, void *into)
{
	return set_address(b, v, into, SIDE_ACCEPT);
}

static struct result set_connect(struct build *b, const struct policy_node *v, void *into)
{
	return set_address(b, v, into, SIDE_CONNECT);
}

static struct result set_peers(struct build *b, const struct policy_node *v, void *into)
{
	static const char shape[] = "SPIFFE IDs, such as [spiffe://corp.local/backend]";
	struct draft *d = into;
	const struct policy_node *item = v->kind == NODE_LIST ? v->child : v;
	size_t n = v->kind == NODE_LIST ? v->count : 1;
	struct peer_pattern *at;

	d->peers = v;
	if (v->kind == NODE_MAP)
		return build_want(b, v, NODE_LIST, shape);
	at = d->rule.peers = arena_array(b->arena, n, sizeof *at);
	if (!at)
		return build_no_memory(b);
	if (v->kind == NODE_SCALAR && v->len == 0)
		n = 0; /* `peers:` and nothing */
	d->rule.n_peers = n;
	for (; n > 0; n--, item = item->next, at++) {
		struct complaint c = { 0 };
		struct result r = build_want(b, item, NODE_SCALAR, shape);

		if (!failed(r)) {
			r = peer_pattern_parse(item->text, item->len, b->arena, at, &c);
			r = build_result(b, item, r, &c);
		}
		if (failed(r))
			return r;
	}
	return RESULT_OK;
}

static struct result set_mode(struct build *b, const struct policy_node *v, void *into)
{
	struct draft *d = into;
	size_t i = 0;
	struct result r = word_index(b, v, mode_words, sizeof mode_words / sizeof *mode_words, MODES, &i);

	if (failed(r))
		return r;
	d->mode = v;
	d->mode_word = mode_words[i];
	/* Whether it is refused for now or for good depends on the side. */
	d->rule.mode = i < MODE_COUNT ? (enum rule_mode)i : MODE_DENY;
	return RESULT_OK;
}

static struct result set_timeout(struct build *b, const struct policy_node *v, void *into)
{
	static const struct {
		const char *unit;
		int ms;
	} units[] = { { "ms", 1 }, { "s", 1000 }, { "m", 60000 } };
	struct draft *d = into;
	struct result r = build_want(b, v, NODE_SCALAR, TIMEOUT_SHAPE);
	size_t digits;
	int64_t n = 0;

	if (failed(r))
		return r;
	digits = strspn(v->text, "0123456789");
	for (size_t i = 0; i < digits && n <= TIMEOUT_MAX_MS; i++)
		n = n * 10 + (v->text[i] - '0');
	for (size_t i = 0; digits > 0 && i < sizeof units / sizeof *units; i++)
		if (!strcmp(v->text + digits, units[i].unit)) {
			n *= units[i].ms;
			if (n < TIMEOUT_MIN_MS || n > TIMEOUT_MAX_MS)
				return build_refuse(b, v, 0, TIMEOUT_SHAPE, "timeout %.32s is out of range",
						    v->text);
			d->rule.timeout_ms = (int)n;
			return RESULT_OK;
		}
	return build_refuse(b, v, digits, TIMEOUT_SHAPE, "\"%.32s\" is no duration", v->text);
}

static const struct key_def rule_keys[] = {
	{ "name", set_name, "name: WORD" },
	{ "accept", set_accept, NULL },
	{ "connect", set_connect, NULL },
	{ "peers", set_peers, NULL },
	{ "mode", set_mode, NULL },
	{ "timeout", set_timeout, NULL },
};

static struct result check_mode(struct build *b, const struct draft *d)
{
	if (d->mode_word == mode_words[d->rule.mode])
		return RESULT_OK;
	if (d->rule.side == SIDE_CONNECT && !strcmp(d->mode_word, "permissive"))
		return build_refuse(b, d->mode, 0, MODES,
				    "mode permissive is refused on connect: plaintext would go to whoever answers");
	return build_refuse(b, d->mode, 0, MODES, "mode %s is not supported yet", d->mode_word);
}

static struct result check_peers(struct build *b, const struct policy_node *node, const struct draft *d)
{
	static const char want[] = "peers: [spiffe://TRUST-DOMAIN/PATH, ...]";

	if (d->rule.mode != MODE_ENFORCE && d->peers)
		return build_refuse(b, d->peers->key, 0, "no peers, or mode: enforce",
				    "peers mean nothing in mode %s", d->mode_word);
	if (d->rule.mode == MODE_ENFORCE && !d->peers)
		return build_refuse(b, node, 0, want, "rule \"%s\" enforces and has no peers", d->rule.name);
	if (d->rule.mode == MODE_ENFORCE && d->rule.n_peers == 0)
		return build_refuse(b, d->peers, 0, want, "rule \"%s\" enforces and its peers are empty",
				    d->rule.name);
	return RESULT_OK;
}

struct result rule_build(struct build *b, const struct policy_node *node, struct rule *ret)
{
	struct draft d = {
		.rule = { .mode = MODE_ENFORCE, .timeout_ms = TIMEOUT_DEFAULT_MS },
		.mode_word = mode_words[MODE_ENFORCE],
	};
	struct result r = keys_walk(b, node, "rule", rule_keys, sizeof rule_keys / sizeof *rule_keys, &d);

	if (!failed(r) && !d.address)
		r = build_refuse(b, node, 0, "accept: ADDRESS:PORT or connect: ADDRESS:PORT",
				 "rule \"%s\" has neither accept nor connect", d.rule.name);
	if (!failed(r))
		r = check_mode(b, &d);
	if (!failed(r))
		r = check_peers(b, node, &d);
	if (!failed(r))
		*ret = d.rule;
	return r;
}

const char *rule_name(const struct rule *r)
{
	return r->name;
}

enum rule_mode rule_mode(const struct rule *r)
{
	return r->mode;
}

bool rule_is_accept(const struct rule *r)
{
	return r->side == SIDE_ACCEPT;
}

const char *rule_mode_name(enum rule_mode mode)
{
	return (unsigned)mode < MODE_COUNT ? mode_words[mode] : "?";
}

const char *rule_host(const struct rule *r)
{
	return r->address.kind == ADDRESS_HOST ? r->address.host : NULL;
}

int rule_timeout_ms(const struct rule *r)
{
	return r->timeout_ms;
}

bool rule_accepts_peer(const struct rule *r, const struct spiffe_id *peer)
{
	for (size_t i = 0; i < r->n_peers; i++)
		if (peer_pattern_matches(&r->peers[i], peer))
			return true;
	return false;
}
