/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/name_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/un.h>
#include <cmocka.h>

#include "../support/malloc_fail.h"
#include "../support/policy_fixture.h"

#define PEERS ", peers: [spiffe://corp.local/x]}\n"
static const char text[] = "version: 1\ndefault: deny\nrules:\n"
	"  - {name: a, connect: 'zeta.corp.local:80'" PEERS
	"  - {name: b, connect: 'Alpha.corp.local.:80'" PEERS
	"  - {name: c, connect: 'alpha.corp.local:81'" PEERS
	"  - {name: d, connect: '10.0.0.1:80'" PEERS
	"  - {name: e, connect: 'mid.corp.local:80', mode: bypass}\n";

static struct name_table *table_of(const char *policy)
{
	AUTO_UNREF(policy) p = policy_of(policy);
	struct name_table *t = NULL;

	assert_int_equal(name_table_new(p, &t, NULL).cls, ERR_NONE);
	return t; /* outlives the policy */
}

static void it_wants_the_names_of_the_policy_alone(void **unused)
{
	AUTO_FREE(name_table) t = table_of(text);

	assert_true(name_table_wants(t, "alpha.corp.local"));
	assert_true(name_table_wants(t, "ALPHA.Corp.Local."));
	assert_true(name_table_wants(t, "zeta.corp.local"));
	assert_true(name_table_wants(t, "mid.corp.local"));
	assert_false(name_table_wants(t, "alpha.corp.local.."));
	assert_false(name_table_wants(t, "alpha.corp"));
	assert_false(name_table_wants(t, "alpha.corp.locale"));
	assert_false(name_table_wants(t, "10.0.0.1"));
	assert_false(name_table_wants(t, ""));
	assert_false(name_table_wants(t, "."));
	assert_false(name_table_wants(t, NULL));
}

static void a_name_that_is_too_long_is_unknown(void **unused)
{
	AUTO_FREE(name_table) t = table_of(text);
	char host[5000];

	for (size_t i = 0; i < sizeof host; i++)
		host[i] = 'a';
	host[sizeof host - 1] = '\0';
	assert_false(name_table_wants(t, host));
	name_table_add(t, host, address_of("10.0.0.1", 0));
}

static void it_has_what_was_added_and_no_more(void **unused)
{
	AUTO_FREE(name_table) t = table_of(text);

	assert_false(name_table_resolved(t, "alpha.corp.local"));
	assert_false(name_table_has(t, "alpha.corp.local", address_of("10.0.0.1", 0)));
	name_table_add(t, "Alpha.corp.local.", address_of("10.0.0.1", 80));
	name_table_add(t, "alpha.corp.local", address_of("fd00::1", 0));
	name_table_add(t, "other.corp.local", address_of("10.0.0.2", 0));
	assert_true(name_table_resolved(t, "alpha.corp.local"));
	assert_false(name_table_resolved(t, "zeta.corp.local"));
	assert_true(name_table_has(t, "alpha.corp.local", address_of("10.0.0.1", 443)));
	assert_true(name_table_has(t, "alpha.corp.local", address_of("::ffff:10.0.0.1", 443)));
	assert_true(name_table_has(t, "alpha.corp.local", address_of("fd00::1", 443)));
	assert_false(name_table_has(t, "alpha.corp.local", address_of("10.0.0.2", 0)));
	assert_false(name_table_has(t, "zeta.corp.local", address_of("10.0.0.1", 0)));
	assert_false(name_table_has(t, "other.corp.local", address_of("10.0.0.2", 0)));
}

static void the_oldest_address_goes_first(void **unused)
{
	AUTO_FREE(name_table) t = table_of(text);
	char ip[32];

	for (unsigned i = 0; i < NAME_TABLE_ADDRS_MAX + 2; i++) {
		snprintf(ip, sizeof ip, "10.0.0.%u", i);
		name_table_add(t, "mid.corp.local", address_of(ip, 0));
		name_table_add(t, "zeta.corp.local", address_of("fd00::1", 0));
		if (i == 10) /* seen again: no longer the oldest */
			name_table_add(t, "mid.corp.local", address_of("10.0.0.0", 0));
	}
	for (unsigned i = 0; i < NAME_TABLE_ADDRS_MAX + 2; i++) {
		snprintf(ip, sizeof ip, "10.0.0.%u", i);
		assert_int_equal(name_table_has(t, "mid.corp.local", address_of(ip, 0)), i != 1 && i != 2);
	}
	assert_true(name_table_has(t, "zeta.corp.local", address_of("fd00::1", 0)));
}

static void other_families_are_ignored(void **unused)
{
	AUTO_FREE(name_table) t = table_of(text);
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	name_table_add(t, "mid.corp.local", (const struct sockaddr *)&un);
	assert_false(name_table_resolved(t, "mid.corp.local"));
	assert_false(name_table_has(t, "mid.corp.local", (const struct sockaddr *)&un));
}

static void adding_does_not_allocate(void **unused)
{
	AUTO_FREE(name_table) t = table_of(text);

	malloc_fail_at(0);
	for (unsigned i = 0; i < 200; i++) {
		struct sockaddr_storage sa = { .ss_family = AF_INET6 };

		((char *)&sa)[8] = (char)i;
		name_table_add(t, "mid.corp.local", (const struct sockaddr *)&sa);
		name_table_has(t, "mid.corp.local", (const struct sockaddr *)&sa);
	}
	assert_false(malloc_fail_hit());
}

static void a_policy_without_names_makes_an_empty_table(void **unused)
{
	AUTO_FREE(name_table) t = table_of("version: 1\ndefault: deny\n");

	assert_false(name_table_wants(t, "alpha.corp.local"));
	name_table_add(t, "alpha.corp.local", address_of("10.0.0.1", 0));
	name_table_free(NULL);
}

static void a_failed_allocation_is_reported(void **unused)
{
	AUTO_UNREF(policy) p = policy_of(text);
	unsigned n = 0;

	for (;; n++) {
		struct name_table *t = NULL;
		struct result r;

		malloc_fail_at(n);
		r = name_table_new(p, &t, NULL);
		if (!malloc_fail_hit()) {
			name_table_free(t);
			break;
		}
		assert_int_equal(r.cls, ERR_NOMEM);
		assert_null(t);
	}
	assert_true(n >= 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_wants_the_names_of_the_policy_alone),
		cmocka_unit_test(a_name_that_is_too_long_is_unknown),
		cmocka_unit_test(it_has_what_was_added_and_no_more),
		cmocka_unit_test(the_oldest_address_goes_first),
		cmocka_unit_test(other_families_are_ignored),
		cmocka_unit_test(adding_does_not_allocate),
		cmocka_unit_test(a_policy_without_names_makes_an_empty_table),
		cmocka_unit_test(a_failed_allocation_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
