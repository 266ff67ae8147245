/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_reject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "policy/policy.h"

static void assert_diag(const char *have, const char *want)
{
	const char *h = have, *w = want;

	while (*w && (*h == *w || *w == '~')) {
		h += *w == '~' ? strcspn(h, "\n") : 1;
		w++;
	}
	if (*h || *w)
		assert_string_equal(have, want); /* shows both */
}

static void refused_with_that_message(void **state)
{
	const struct policy_reject *row = *state;
	size_t len = strlen(row->text);
	struct policy_diag diag = { "" };
	struct policy *p = NULL;
	struct err e = { 0 };
	struct result r = policy_parse("p.yaml", row->text, len, &p, &diag, &e);

	assert_null(p);
	assert_diag(diag.text, row->diag);
	assert_int_equal(r.cls, ERR_PARSE);
	assert_int_equal(e.cls, ERR_PARSE);
	assert_int_equal(strncmp(e.text, diag.text, sizeof e.text - 1), 0);
	/* Nobody has to take the message. */
	assert_int_equal(policy_parse("p.yaml", row->text, len, &p, NULL, NULL).cls, ERR_PARSE);
	assert_null(p);
}

int policy_reject_run(const struct policy_reject *rows, size_t n)
{
	struct CMUnitTest *tests = calloc(n, sizeof *tests);
	int failures;

	if (!tests)
		return 1;
	for (size_t i = 0; i < n; i++)
		tests[i] = (struct CMUnitTest){ .name = rows[i].claim,
						.test_func = refused_with_that_message,
						.initial_state = (void *)&rows[i] };
	failures = _cmocka_run_group_tests("refused", tests, n, NULL, NULL);
	free(tests);
	return failures;
}
