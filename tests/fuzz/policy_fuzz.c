/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a policy. What is refused has a message with its place; what is
 * taken matches as asking each rule in turn would.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(x) \
	do { \
		if (!(x)) \
			abort(); \
	} while (0)

static const struct {
	const char *ip;
	uint16_t port;
} places[] = {
	{ "10.0.0.1", 80 }, { "10.1.2.3", 8443 }, { "127.0.0.1", 8443 }, { "0.0.0.0", 80 },
	{ "::ffff:10.0.0.1", 80 }, { "fd00::1", 443 }, { "::", 443 }, { "10.0.0.1", 53 },
};

static void place(size_t i, struct sockaddr_storage *ret)
{
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret;
	struct sockaddr_in *four = (struct sockaddr_in *)ret;

	memset(ret, 0, sizeof *ret);
	if (inet_pton(AF_INET, places[i].ip, &four->sin_addr) == 1) {
		four->sin_family = AF_INET;
		four->sin_port = htons(places[i].port);
		return;
	}
	REQUIRE(inet_pton(AF_INET6, places[i].ip, &six->sin6_addr) == 1);
	six->sin6_family = AF_INET6;
	six->sin6_port = htons(places[i].port);
}

/* First match wins, told rule by rule and without an index. */
static const struct rule *ask_each(const struct policy *p, enum rule_side side, const struct sockaddr *sa,
				   const struct name_table *names)
{
	const struct rule *found = NULL;
	struct net_address a;

	REQUIRE(net_address_from(sa, &a));
	if (side == SIDE_CONNECT)
		net_address_to_destination(&a);
	for (size_t i = 0; i < p->n_rules; i++) {
		const struct rule *r = &p->rules[i];
		const struct address_pattern *pattern = &r->address;

		if (r->side != side || !address_pattern_has_port(pattern, a.port) ||
		    !(address_pattern_has_ip(pattern, &a) ||
		      (pattern->kind == ADDRESS_HOST && name_table_has(names, pattern->host, sa))))
			continue;
#ifdef POLICY_FUZZ_LAST_WINS
		found = r; /* the planted bug */
#else
		return r;
#endif
	}
	return found;
}

static int resolve(void *ctx, const char *host, const struct rule *r)
{
	struct sockaddr_storage sa;

	REQUIRE(rule_host(r) == host && name_table_wants(ctx, host));
	place(strlen(host) % (sizeof places / sizeof *places), &sa);
	name_table_add(ctx, host, (const struct sockaddr *)&sa);
	REQUIRE(name_table_has(ctx, host, (const struct sockaddr *)&sa));
	return 0;
}

static void look_up(const struct policy *p)
{
	AUTO_FREE(name_table) names = NULL;

	REQUIRE(!failed(name_table_new(p, &names, NULL)));
	policy_each_name(p, resolve, names);
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		struct sockaddr_storage ss;
		const struct sockaddr *sa = (const struct sockaddr *)&ss;
		struct verdict in, out;

		place(i, &ss);
		in = policy_match_accept(p, sa);
		out = policy_match_connect(p, sa, names);
		REQUIRE(in.rule == ask_each(p, SIDE_ACCEPT, sa, names) && !in.claimed_by);
		REQUIRE(out.rule == ask_each(p, SIDE_CONNECT, sa, names));
		REQUIRE(!out.claimed_by || (!out.rule && out.mode == MODE_DENY));
		REQUIRE(!in.rule || in.rule->mode == MODE_BYPASS || policy_may_manage_listener(p, sa));
	}
}

/* What the policy promises of every rule it took. */
static void look_at(const struct policy *p, size_t i)
{
	const struct rule *r = policy_rule(p, i);
	struct policy_diag d;
	struct spiffe_id id;

	REQUIRE(strlen(rule_name(r)) >= 1 && strlen(rule_name(r)) <= 64);
	REQUIRE(rule_timeout_ms(r) >= 1000 && rule_timeout_ms(r) <= 300000);
	REQUIRE((rule_mode(r) == MODE_ENFORCE) == (r->n_peers > 0));
	REQUIRE(!address_pattern_has_port(&r->address, DNS_PORT));
	for (size_t k = 0; k < r->n_peers; k++)
		REQUIRE(strchr(r->peers[k].td, '*') == NULL && r->peers[k].path[0] == '/');
	REQUIRE(!failed(spiffe_id_parse("spiffe://corp.local", 19, &id, NULL)));
	REQUIRE(!rule_accepts_peer(r, &id));
	rule_diag(p, r, "x", &d);
	REQUIRE(strstr(d.text, ": error: x\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy *p = NULL;
	struct policy_diag d = { "" };
	struct err e = { 0 };
	struct result r = policy_parse("p", (const char *)data, size, &p, &d, &e);

	if (failed(r)) {
		REQUIRE(r.cls == ERR_PARSE && !p && e.cls == r.cls);
		REQUIRE(!strncmp(d.text, "p:", 2) && strstr(d.text, ": error: ") && strchr(d.text, '^'));
		return 0;
	}
	for (size_t i = 0; i < policy_rule_count(p); i++)
		look_at(p, i);
	if (policy_rule_count(p) < 200)
		look_up(p);
	policy_warnings(p, NULL);
	policy_unref(p);
	return 0;
}
