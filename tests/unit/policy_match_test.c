/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <cmocka.h>

#include "../support/policy_fixture.h"

#define DENY "version: 1\ndefault: deny\nrules:\n"
#define BYPASS "version: 1\ndefault: bypass\nrules:\n"
#define PEERS ", peers: [spiffe://corp.local/x]}\n"

#define ACCEPTS(p, ip, port, want) assert_string_equal(accept_verdict(p, ip, port), want)
#define CONNECTS(p, ip, port, names, want) assert_string_equal(connect_verdict(p, ip, port, names), want)

static void the_first_match_wins(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(DENY
		"  - {name: one, accept: 10.0.0.1:80, mode: bypass}\n"
		"  - {name: net, accept: 10.0.0.0/8:80" PEERS
		"  - {name: range, accept: '*:80-90', mode: deny}\n"
		"  - {name: rest, accept: '*:*', mode: bypass}\n");

	ACCEPTS(p, "10.0.0.1", 80, "one bypass");
	ACCEPTS(p, "10.0.0.2", 80, "net enforce");
	ACCEPTS(p, "11.0.0.2", 80, "range deny");
	ACCEPTS(p, "10.0.0.1", 90, "range deny");
	ACCEPTS(p, "10.0.0.1", 91, "rest bypass");
	ACCEPTS(p, "fd00::1", 80, "range deny");
}

/* An address rule that stands behind the network that holds it is refused, so
 * the order shows where neither covers the other. */
static void order_counts_across_kinds_of_rules(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(DENY
		"  - {name: range, connect: '10.0.0.0/8:80-90', mode: bypass}\n"
		"  - {name: port, connect: '*:80', mode: deny}\n"
		"  - {name: any, connect: '10.0.0.1:*', mode: deny}\n");

	CONNECTS(p, "10.0.0.1", 80, NULL, "range bypass");
	CONNECTS(p, "11.0.0.1", 80, NULL, "port deny");
	CONNECTS(p, "10.0.0.1", 91, NULL, "any deny");
	CONNECTS(p, "10.0.0.2", 91, NULL, "default deny");
}

static void accept_and_connect_rules_do_not_meet(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(DENY
		"  - {name: in, accept: '*:80', mode: bypass}\n"
		"  - {name: out, connect: '*:81', mode: bypass}\n");

	ACCEPTS(p, "10.0.0.1", 80, "in bypass");
	ACCEPTS(p, "10.0.0.1", 81, "default deny");
	CONNECTS(p, "10.0.0.1", 80, NULL, "default deny");
	CONNECTS(p, "10.0.0.1", 81, NULL, "out bypass");
}

static void the_default_speaks_where_no_rule_does(void **unused)
{
	AUTO_UNREF(policy) bypass = policy_of("version: 1\ndefault: bypass\n");
	AUTO_UNREF(policy) deny = policy_of("version: 1\ndefault: deny\nrules: []\n");

	ACCEPTS(bypass, "10.0.0.1", 80, "default bypass");
	CONNECTS(bypass, "10.0.0.1", 80, NULL, "default bypass");
	ACCEPTS(deny, "10.0.0.1", 80, "default deny");
	CONNECTS(deny, "fd00::1", 80, NULL, "default deny");
}

static void a_mapped_address_is_its_ipv4_address(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(DENY
		"  - {name: plain, accept: '10.0.0.1:80', mode: bypass}\n"
		"  - {name: mapped, accept: '[::ffff:10.0.0.2]:80', mode: bypass}\n"
		"  - {name: net, accept: '[::ffff:10.1.0.0/112]:80', mode: bypass}\n");

	ACCEPTS(p, "10.0.0.1", 80, "plain bypass");
	ACCEPTS(p, "::ffff:10.0.0.1", 80, "plain bypass");
	ACCEPTS(p, "10.0.0.2", 80, "mapped bypass");
	ACCEPTS(p, "::ffff:10.0.0.2", 80, "mapped bypass");
	ACCEPTS(p, "10.1.255.1", 80, "net bypass");
	ACCEPTS(p, "10.2.0.1", 80, "default deny");
}

static void a_network_of_one_family_does_not_hold_the_other(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(DENY
		"  - {name: six, accept: '[::/0]:80', mode: bypass}\n"
		"  - {name: four, accept: '0.0.0.0/0:81', mode: bypass}\n");

	ACCEPTS(p, "fd00::1", 80, "six bypass");
	ACCEPTS(p, "10.0.0.1", 80, "default deny");
	ACCEPTS(p, "::ffff:10.0.0.1", 80, "default deny");
	ACCEPTS(p, "10.0.0.1", 81, "four bypass");
	ACCEPTS(p, "::ffff:10.0.0.1", 81, "four bypass");
	ACCEPTS(p, "::1", 81, "default deny");
}

static void a_network_ends_where_its_prefix_says(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(DENY
		"  - {name: four, accept: '172.16.0.0/12:80', mode: bypass}\n"
		"  - {name: six, accept: '[2001:db8:8000::/33]:80', mode: bypass}\n");

	ACCEPTS(p, "172.16.0.0", 80, "four bypass");
	ACCEPTS(p, "172.31.255.255", 80, "four bypass");
	ACCEPTS(p, "172.32.0.0", 80, "default deny");
	ACCEPTS(p, "172.15.255.255", 80, "default deny");
	ACCEPTS(p, "2001:db8:8000::1", 80, "six bypass");
	ACCEPTS(p, "2001:db8:ffff:ffff::", 80, "six bypass");
	ACCEPTS(p, "2001:db8:7fff::1", 80, "default deny");
}

static void ranges_hold_both_ends(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(DENY "  - {name: r, accept: '*:8000-8999', mode: bypass}\n");

	ACCEPTS(p, "10.0.0.1", 7999, "default deny");
	ACCEPTS(p, "10.0.0.1", 8000, "r bypass");
	ACCEPTS(p, "10.0.0.1", 8999, "r bypass");
	ACCEPTS(p, "10.0.0.1", 9000, "default deny");
}

static void any_port_is_any_but_53(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(BYPASS
		"  - {name: in, accept: '*:*', mode: deny}\n"
		"  - {name: out, connect: '*:*', mode: deny}\n");

	ACCEPTS(p, "10.0.0.1", 1, "in deny");
	ACCEPTS(p, "10.0.0.1", 53, "default bypass");
	ACCEPTS(p, "10.0.0.1", 65535, "in deny");
	CONNECTS(p, "10.0.0.1", 52, NULL, "out deny");
	CONNECTS(p, "10.0.0.1", 53, NULL, "default bypass");
	CONNECTS(p, "10.0.0.1", 54, NULL, "out deny");
}

static void unix_sockets_are_bypassed(void **unused)
{
	AUTO_UNREF(policy) p = policy_of("version: 1\ndefault: deny\n");
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const struct sockaddr *sa = (const struct sockaddr *)&un;
	struct verdict v = policy_match_connect(p, sa, NULL);

	assert_int_equal(v.mode, MODE_BYPASS);
	assert_null(v.rule);
	assert_int_equal(policy_match_accept(p, sa).mode, MODE_BYPASS);
	assert_false(policy_may_manage_listener(p, sa));
}

static const char named[] = BYPASS
	"  - {name: other, connect: '10.9.0.0/16:8443', mode: bypass}\n"
	"  - {name: ledger, connect: 'Ledger.Corp.Local:8443'" PEERS
	"  - {name: late, connect: '10.8.0.0/16:8443', mode: bypass}\n"
	"  - {name: free, connect: 'free.corp.local:9000', mode: bypass}\n"
	"  - {name: evil, connect: 'evil.corp.local:9001', mode: deny}\n";

static void a_name_matches_what_it_resolved_to(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(named);
	AUTO_FREE(name_table) names = NULL;

	assert_int_equal(name_table_new(p, &names, NULL).cls, ERR_NONE);
	name_table_add(names, "ledger.corp.local", address_of("10.1.1.1", 0));
	CONNECTS(p, "10.1.1.1", 8443, names, "ledger enforce");
	CONNECTS(p, "::ffff:10.1.1.1", 8443, names, "ledger enforce");
	CONNECTS(p, "10.1.1.1", 8444, names, "default bypass");
	name_table_add(names, "ledger.corp.local", address_of("fd00::7", 0));
	CONNECTS(p, "fd00::7", 8443, names, "ledger enforce");
	CONNECTS(p, "10.1.1.1", 8443, names, "ledger enforce");
}

static void a_named_rule_claims_its_port(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(named);
	AUTO_FREE(name_table) names = NULL;

	assert_int_equal(name_table_new(p, &names, NULL).cls, ERR_NONE);
	CONNECTS(p, "10.1.1.1", 8443, NULL, "claimed by ledger deny");
	CONNECTS(p, "10.1.1.1", 8443, names, "claimed by ledger deny");
	name_table_add(names, "ledger.corp.local", address_of("10.1.1.1", 0));
	CONNECTS(p, "10.1.1.2", 8443, names, "claimed by ledger deny");
	CONNECTS(p, "::1", 8443, names, "claimed by ledger deny");
	CONNECTS(p, "10.1.1.2", 9001, names, "claimed by evil deny");
}

static void a_rule_by_address_says_otherwise_from_either_side(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(named);

	CONNECTS(p, "10.9.1.1", 8443, NULL, "other bypass");
	CONNECTS(p, "10.8.1.1", 8443, NULL, "late bypass");
}

static void a_named_bypass_claims_nothing(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(named);

	CONNECTS(p, "10.1.1.1", 9000, NULL, "default bypass");
}

static void the_wildcard_as_destination_is_this_machine(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(BYPASS
		"  - {name: four, connect: '127.0.0.1:80', mode: deny}\n"
		"  - {name: six, connect: '[::1]:80', mode: deny}\n"
		"  - {name: local, connect: 'localhost:81'" PEERS);
	AUTO_FREE(name_table) names = NULL;

	CONNECTS(p, "0.0.0.0", 80, NULL, "four deny");
	CONNECTS(p, "::ffff:0.0.0.0", 80, NULL, "four deny");
	CONNECTS(p, "::", 80, NULL, "six deny");
	assert_int_equal(name_table_new(p, &names, NULL).cls, ERR_NONE);
	name_table_add(names, "localhost", address_of("127.0.0.1", 0));
	CONNECTS(p, "0.0.0.0", 81, names, "local enforce");
}

static void listeners_are_managed_where_a_rule_could_match(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(BYPASS
		"  - {name: four, accept: '10.0.0.0/8:80'" PEERS
		"  - {name: six, accept: '[fd00::1]:81', mode: deny}\n"
		"  - {name: any, accept: '*:82', mode: deny}\n"
		"  - {name: no, accept: '*:83', mode: bypass}\n"
		"  - {name: out, connect: '*:84', mode: deny}\n");
	static const struct {
		const char *ip;
		unsigned port;
		bool want;
	} rows[] = {
		{ "10.0.0.1", 80, true }, { "11.0.0.1", 80, false }, { "0.0.0.0", 80, true },
		{ "::", 80, true }, { "fd00::1", 80, false }, { "::ffff:10.0.0.1", 80, true },
		{ "fd00::1", 81, true }, { "::", 81, true }, { "0.0.0.0", 81, false },
		{ "fd00::2", 81, false }, { "::ffff:0.0.0.0", 81, false }, { "0.0.0.0", 82, true },
		{ "1.2.3.4", 82, true }, { "::", 83, false }, { "::", 84, false }, { "::", 53, false },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(policy_may_manage_listener(p, address_of(rows[i].ip, rows[i].port)),
				 rows[i].want);
}

static void every_listener_is_managed_where_the_default_denies(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(DENY "  - {name: no, accept: '*:83', mode: bypass}\n");

	assert_true(policy_may_manage_listener(p, address_of("10.0.0.1", 83)));
	assert_true(policy_may_manage_listener(p, address_of("::", 1)));
}

/* The index asks for a few of them; which one wins must not change. */
static void each_of_ten_thousand_rules_is_found(void **unused)
{
	enum { RULES = 10000 };
	char *text = malloc(RULES * 80 + 100);
	size_t len = (size_t)sprintf(text, DENY);
	for (int i = 0; i < RULES; i++)
		len += (size_t)sprintf(text + len, "  - {name: r%d, connect: '10.0.%d.%d:%d', mode: bypass}\n",
				       i, i / 250, i % 250, 1000 + i % 3);
	AUTO_UNREF(policy) p = policy_of(text);
	free(text);
	for (int i = 0; i < RULES; i++) {
		char ip[32], want[32];

		snprintf(ip, sizeof ip, "10.0.%d.%d", i / 250, i % 250);
		snprintf(want, sizeof want, "r%d bypass", i);
		CONNECTS(p, ip, 1000u + (unsigned)i % 3, NULL, want);
		CONNECTS(p, ip, 1000u + ((unsigned)i + 1) % 3, NULL, "default deny");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_match_wins),
		cmocka_unit_test(order_counts_across_kinds_of_rules),
		cmocka_unit_test(accept_and_connect_rules_do_not_meet),
		cmocka_unit_test(the_default_speaks_where_no_rule_does),
		cmocka_unit_test(a_mapped_address_is_its_ipv4_address),
		cmocka_unit_test(a_network_of_one_family_does_not_hold_the_other),
		cmocka_unit_test(a_network_ends_where_its_prefix_says),
		cmocka_unit_test(ranges_hold_both_ends),
		cmocka_unit_test(any_port_is_any_but_53),
		cmocka_unit_test(unix_sockets_are_bypassed),
		cmocka_unit_test(a_name_matches_what_it_resolved_to),
		cmocka_unit_test(a_named_rule_claims_its_port),
		cmocka_unit_test(a_rule_by_address_says_otherwise_from_either_side),
		cmocka_unit_test(a_named_bypass_claims_nothing),
		cmocka_unit_test(the_wildcard_as_destination_is_this_machine),
		cmocka_unit_test(listeners_are_managed_where_a_rule_could_match),
		cmocka_unit_test(every_listener_is_managed_where_the_default_denies),
		cmocka_unit_test(each_of_ten_thousand_rules_is_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
