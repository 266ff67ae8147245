/* SPDX-License-Identifier: Apache-2.0 */
#include "program/path_search.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static void finds(const char *path, const char *const *want)
{
	char at[PATH_MAX];

	for (; *want; want++) {
		assert_true(path_search_next(&path, "x", at));
		assert_string_equal(at, *want);
	}
	assert_false(path_search_next(&path, "x", at));
	assert_false(path_search_next(&path, "x", at));
}

static void every_folder_is_searched_in_its_order(void **unused)
{
	finds("/a:/b/c", (const char *const[]){ "/a/x", "/b/c/x", NULL });
	finds("/a", (const char *const[]){ "/a/x", NULL });
}

/* environ(7): an empty one is the current folder */
static void an_empty_folder_is_the_current_one(void **unused)
{
	finds("", (const char *const[]){ "x", NULL });
	finds(":/a", (const char *const[]){ "x", "/a/x", NULL });
	finds("/a::/b:", (const char *const[]){ "/a/x", "x", "/b/x", "x", NULL });
}

static void what_is_too_long_is_left_out(void **unused)
{
	char path[2 * PATH_MAX];

	memset(path, 'a', sizeof path);
	memcpy(path + PATH_MAX - 1, ":/b", 4);
	finds(path, (const char *const[]){ "/b/x", NULL });
	memset(path, 'a', sizeof path);
	path[sizeof path - 1] = '\0';
	finds(path, (const char *const[]){ NULL });
}

static void without_path_it_is_glibcs_default(void **unused)
{
	setenv("PATH", "/only", 1);
	assert_string_equal(path_search_begin(), "/only");
	unsetenv("PATH");
	assert_string_equal(path_search_begin(), "/bin:/usr/bin");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_folder_is_searched_in_its_order),
		cmocka_unit_test(an_empty_folder_is_the_current_one),
		cmocka_unit_test(what_is_too_long_is_left_out),
		cmocka_unit_test(without_path_it_is_glibcs_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
