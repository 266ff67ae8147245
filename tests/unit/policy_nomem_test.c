/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "policy/policy_internal.h"

#include "../support/malloc_fail.h"

static const char text[] =
	"version: 1\n"
	"default: deny\n"
	"workload_api: unix:///run/spire/agent.sock\n"
	"rules:\n"
	"  - name: in\n"
	"    accept: \"*:8443\"\n"
	"    peers: [spiffe://corp.local/backend, \"spiffe://corp.local/batch/*\"]\n"
	"  - {name: out, connect: ledger.corp.local:9000-9001, peers: [spiffe://corp.local/**]}\n"
	"  - {name: no, connect: \"[fd00::/8]:*\", mode: deny, timeout: 2s}\n";

/* Everything but what the YAML library allocates: libfyaml 0.7.12 crashes and
 * leaks when its own allocations fail. */
static void a_failed_allocation_is_reported(void **unused)
{
	struct source src = { "p.yaml", text, strlen(text) };
	struct arena tree = { 0 };
	struct yaml_node *root = NULL;
	struct policy_diag d;
	unsigned n = 0;

	assert_int_equal(yaml_parse(&src, &tree, &root, &d, NULL).cls, ERR_NONE);
	for (bool hit = true; hit; n++) {
		struct policy *p = calloc(1, sizeof *p);
		struct err e = { 0 };
		struct result r;

		atomic_init(&p->refs, 1);
		p->src = src;
		malloc_fail_at(n);
		r = policy_build(p, root, &d, &e);
		hit = malloc_fail_hit();
		assert_int_equal(r.cls, hit ? ERR_NOMEM : ERR_NONE);
		assert_int_equal(e.cls, r.cls);
		policy_unref(p);
	}
	assert_true(n > 1);
	arena_clear(&tree);
}

static void a_failed_allocation_before_the_yaml_is_reported(void **unused)
{
	for (unsigned n = 0; n < 3; n++) { /* the policy, its text, the library's room */
		struct policy *p = NULL;
		struct err e = { 0 };

		malloc_fail_at(n);
		assert_int_equal(policy_parse("p.yaml", text, strlen(text), &p, NULL, &e).cls, ERR_NOMEM);
		assert_true(malloc_fail_hit());
		assert_int_equal(e.cls, ERR_NOMEM);
		assert_null(p);
	}
}

static void every_arena_that_is_too_small_is_reported(void **unused)
{
	struct source src = { "p.yaml", text, strlen(text) };
	struct yaml_node *root = NULL;
	struct policy_diag d;
	struct arena need = { 0 };

	assert_int_equal(yaml_parse(&src, &need, &root, &d, NULL).cls, ERR_NONE);
	for (size_t limit = 1; limit <= need.used; limit += 16) {
		struct arena tree = { .limit = limit };
		struct result r = yaml_parse(&src, &tree, &root, &d, NULL);

		assert_int_equal(r.cls, limit < need.used ? ERR_NOMEM : ERR_NONE);
		arena_clear(&tree);
	}
	arena_clear(&need);
	for (size_t limit = 1, fits = 0; !fits; limit += 16) {
		struct policy *p = calloc(1, sizeof *p);
		struct arena tree = { 0 };
		struct result r = yaml_parse(&src, &tree, &root, &d, NULL);

		atomic_init(&p->refs, 1);
		p->src = src;
		p->arena.limit = limit;
		if (!failed(r))
			r = policy_build(p, root, &d, NULL);
		assert_true(r.cls == ERR_NONE || r.cls == ERR_NOMEM);
		fits = r.cls == ERR_NONE;
		arena_clear(&tree);
		policy_unref(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_allocation_is_reported),
		cmocka_unit_test(a_failed_allocation_before_the_yaml_is_reported),
		cmocka_unit_test(every_arena_that_is_too_small_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
