/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* SPIFFE_Workload_Endpoint.md 6 */
static void bound_doubles_to_thirty_seconds(void **unused)
{
	static const int64_t bounds[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
	struct backoff b = { 0 };

	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		struct backoff low = b;

		/* The bound itself is the first number that wraps. */
		assert_int_equal(backoff_next(&low, (uint64_t)bounds[i]), 1);
		assert_int_equal(backoff_next(&b, (uint64_t)bounds[i] - 1), bounds[i]);
	}
}

static void delay_is_spread_over_the_whole_bound(void **unused)
{
	unsigned tenth[10] = { 0 };

	for (uint64_t r = 0; r < 1000; r++) {
		struct backoff b = { 0 };
		int64_t ms = backoff_next(&b, r * 7919);

		assert_in_range(ms, 1, 1000);
		tenth[(ms - 1) / 100]++;
	}
	for (int i = 0; i < 10; i++)
		assert_int_equal(tenth[i], 100);
}

static void somebody_waiting_starts_sooner(void **unused)
{
	struct backoff b = { 0 };

	backoff_reset(&b, BACKOFF_HURRY_MS);
	assert_int_equal(backoff_next(&b, UINT64_C(99)), 100);
	assert_int_equal(backoff_next(&b, UINT64_C(199)), 200);
	backoff_at_least(&b, BACKOFF_BASE_MS);
	assert_int_equal(backoff_next(&b, UINT64_C(999)), 1000);
	backoff_at_least(&b, BACKOFF_BASE_MS);
	assert_int_equal(backoff_next(&b, UINT64_C(1999)), 2000);
}

static void somebody_waiting_notices_within_two_seconds(void **unused)
{
	struct backoff b = { 0 };

	backoff_reset(&b, BACKOFF_HURRY_MS);
	for (int i = 0; i < 20; i++) {
		backoff_at_most(&b, BACKOFF_HURRY_MAX_MS);
		assert_in_range(backoff_next(&b, UINT64_MAX / 3), 1, 2000);
	}
	backoff_at_most(&b, BACKOFF_HURRY_MAX_MS);
	assert_int_equal(backoff_next(&b, 1999), 2000);
}

static void random_numbers_differ(void **unused)
{
	assert_true(backoff_random(1) != backoff_random(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bound_doubles_to_thirty_seconds),
		cmocka_unit_test(delay_is_spread_over_the_whole_bound),
		cmocka_unit_test(somebody_waiting_starts_sooner),
		cmocka_unit_test(somebody_waiting_notices_within_two_seconds),
		cmocka_unit_test(random_numbers_differ),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
