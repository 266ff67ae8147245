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

/* Ours and the YAML library's. */
static void a_failed_allocation_is_reported(void **unused)
{
	/* Also where the policy is wrong: the message needs no memory, what leads to it may. */
	static const char *const texts[] = {
		text, "version: 1\ndefault: *x\n", "version: [1\n", "a: &b c\n", "\"a\\n", "version: 1\n---\n? [a]\n",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		unsigned n = 0;

		for (bool hit = true; hit; n++) {
			struct policy *p = NULL;
			struct err e = { 0 };
			struct result r;

			malloc_fail_at(n);
			r = policy_parse("p.yaml", texts[i], strlen(texts[i]), &p, NULL, &e);
			hit = malloc_fail_hit();
			assert_int_equal(r.cls, hit ? ERR_NOMEM : i == 0 ? ERR_NONE : ERR_PARSE);
			assert_int_equal(e.cls, r.cls);
			assert_int_equal(p != NULL, !failed(r));
			policy_unref(p);
		}
		assert_true(n > 5);
	}
}

static void every_arena_that_is_too_small_is_reported(void **unused)
{
	struct source src = { "p.yaml", text, strlen(text) };
	struct policy_node *root = NULL;
	struct policy_diag d;
	struct arena need = { 0 };

	assert_int_equal(policy_yaml_read(&src, &need, &root, &d, NULL).cls, ERR_NONE);
	for (size_t limit = 1; limit <= need.used; limit += 16) {
		struct arena tree = { .limit = limit };
		struct result r = policy_yaml_read(&src, &tree, &root, &d, NULL);

		assert_int_equal(r.cls, limit < need.used ? ERR_NOMEM : ERR_NONE);
		arena_clear(&tree);
	}
	arena_clear(&need);
	for (size_t limit = 1, fits = 0; !fits; limit += 16) {
		struct policy *p = calloc(1, sizeof *p);
		struct arena tree = { 0 };
		struct result r = policy_yaml_read(&src, &tree, &root, &d, NULL);

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
		cmocka_unit_test(every_arena_that_is_too_small_is_reported),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
