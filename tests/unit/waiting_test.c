/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/waiting.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define BEGAN INT64_C(1000000)

static struct err absent, denied, mute;

static int make_errors(void **unused)
{
	(void)FAIL(&absent, ERR_AGENT_UNAVAILABLE, "no socket there");
	(void)FAIL(&denied, ERR_AGENT_DENIED, "PermissionDenied");
	(void)FAIL(&mute, ERR_NO_IDENTITY, "no answer");
	return 0;
}

static char text[WAITING_TEXT_MAX];

static void assert_news(struct waiting *w, int64_t after_ms, const struct err *why, const char *want)
{
	assert_true(waiting_news(w, BEGAN + after_ms, why, text));
	assert_string_equal(text, want);
}

static void assert_no_news(struct waiting *w, int64_t after_ms, const struct err *why)
{
	assert_false(waiting_news(w, BEGAN + after_ms, why, text));
}

static void short_waits_are_silent(void **unused)
{
	struct waiting w;

	waiting_begin(&w, BEGAN, 60000);
	assert_no_news(&w, 0, &absent);
	assert_no_news(&w, 999, &denied);
	assert_false(waiting_came(&w, BEGAN + 999, "spiffe://corp.local/a", text));
}

static void each_reason_is_said_once_while_it_lasts(void **unused)
{
	struct waiting w;

	waiting_begin(&w, BEGAN, 60000);
	assert_news(&w, 1000, &absent, "waiting up to 60s for the agent: no socket there");
	for (int ms = 1250; ms < 9000; ms += 250)
		assert_no_news(&w, ms, &absent);
	assert_news(&w, 9000, &denied,
		    "waiting up to 51s more for a registration entry: PermissionDenied");
	assert_no_news(&w, 12000, &denied);
	assert_news(&w, 59600, &mute, "waiting up to 400ms more for an SVID: no answer");
	assert_true(waiting_came(&w, BEGAN + 59700, "spiffe://corp.local/a", text));
	assert_string_equal(text, "got spiffe://corp.local/a after 60s");
}

static void alternating_reasons_make_a_line_a_second(void **unused)
{
	struct waiting w;
	int lines = 0;

	waiting_begin(&w, BEGAN, 60000);
	for (int ms = 0; ms <= 10000; ms += 250)
		lines += waiting_news(&w, BEGAN + ms, ms % 500 ? &absent : &denied, text);
	assert_in_range(lines, 5, 10);
}

static void slices_end_with_the_time(void **unused)
{
	struct waiting w;

	waiting_begin(&w, BEGAN, 600);
	assert_int_equal(waiting_slice(&w, BEGAN), 250);
	assert_int_equal(waiting_slice(&w, BEGAN + 500), 100);
	assert_int_equal(waiting_slice(&w, BEGAN + 600), 0);
	assert_int_equal(waiting_slice(&w, BEGAN + 60000), 0);
}

static void failure_names_the_bound_the_reason_and_the_next_step(void **unused)
{
	struct waiting w;
	char me[64];

	waiting_begin(&w, BEGAN, 3000);
	waiting_failed(&w, BEGAN + 3000, &denied, text);
	assert_non_null(strstr(text, "no identity within 3s: PermissionDenied; "));
	snprintf(me, sizeof me, "uid %u, gid %u, path /", getuid(), getgid());
	assert_non_null(strstr(text, me));
	assert_non_null(strstr(text, "/waiting_test)"));
	assert_non_null(strstr(text, "create one"));
	waiting_failed(&w, BEGAN + 3000, &absent, text);
	assert_non_null(strstr(text, "no socket there; is the agent running"));
	/* What time does not mend ends the wait before the bound. */
	waiting_failed(&w, BEGAN + 10, &mute, text);
	assert_non_null(strstr(text, "no identity: no answer"));
}

static void the_longest_reason_fits(void **unused)
{
	struct waiting w;
	struct err why = { .cls = ERR_AGENT_DENIED };

	memset(why.text, 'x', sizeof why.text - 1);
	waiting_begin(&w, BEGAN, 3000);
	waiting_failed(&w, BEGAN + 3000, &why, text);
	assert_non_null(strstr(text, "learn of it"));
	assert_true(waiting_news(&w, BEGAN + 2000, &why, text));
	assert_non_null(strstr(text, why.text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_waits_are_silent),
		cmocka_unit_test(each_reason_is_said_once_while_it_lasts),
		cmocka_unit_test(alternating_reasons_make_a_line_a_second),
		cmocka_unit_test(slices_end_with_the_time),
		cmocka_unit_test(failure_names_the_bound_the_reason_and_the_next_step),
		cmocka_unit_test(the_longest_reason_fits),
	};
	return cmocka_run_group_tests(tests, make_errors, NULL);
}
