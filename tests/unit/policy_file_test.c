/* SPDX-License-Identifier: Apache-2.0 */
/* Which files are trusted. Needs root, to make files that belong to others. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "../support/policy_files.h"

#define OTHER 4711 /* a uid that is neither root's nor ours */
#define NOT_ROOT() \
	do { \
		if (geteuid() != 0) \
			skip(); \
	} while (0)

static void a_file_of_ours_is_loaded(void **unused)
{
	assert_int_equal(policy_file_load(policy_file("d/policy.yaml")), ERR_NONE);
	assert_int_equal(policy_files_lies.opens, 1);
	assert_int_equal(policy_files_lies.closes, 1);
	assert_int_equal(policy_files_lies.flags, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

static void a_file_of_roots_or_of_the_effective_user_is_loaded(void **unused)
{
	NOT_ROOT();
	assert_int_equal(seteuid(OTHER), 0);
	assert_int_equal(policy_file_load(policy_file("d/policy.yaml")), ERR_NONE);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chown(policy_file("d/policy.yaml"), OTHER, 0), 0);
	assert_int_equal(chown(policy_file("d"), OTHER, 0), 0);
	assert_int_equal(seteuid(OTHER), 0);
	assert_int_equal(policy_file_load(policy_file("d/policy.yaml")), ERR_NONE);
	assert_int_equal(seteuid(0), 0);
	policy_file_untrusted(policy_file("d/policy.yaml"), "/d belongs to uid 4711, who is neither root nor uid 0");
}

static void a_file_of_somebody_else_is_not(void **unused)
{
	NOT_ROOT();
	assert_int_equal(chown(policy_file("d/policy.yaml"), OTHER, 0), 0);
	policy_file_untrusted(policy_file("d/policy.yaml"), "/d/policy.yaml belongs to uid 4711, who is neither root nor uid 0");
	assert_int_equal(policy_files_lies.closes, 1);
}

static void a_file_that_others_may_write_is_not(void **unused)
{
	assert_int_equal(chmod(policy_file("d/policy.yaml"), 0664), 0);
	policy_file_untrusted(policy_file("d/policy.yaml"), "/d/policy.yaml is writable by its group (mode 0664)");
	assert_int_equal(chmod(policy_file("d/policy.yaml"), 0646), 0);
	policy_file_untrusted(policy_file("d/policy.yaml"), "/d/policy.yaml is writable by others (mode 0646)");
	/* Sticky means nothing on a file. */
	assert_int_equal(chmod(policy_file("d/policy.yaml"), 01646), 0);
	policy_file_untrusted(policy_file("d/policy.yaml"), "/d/policy.yaml is writable by others (mode 1646)");
}

static void a_directory_that_others_may_write_spoils_it(void **unused)
{
	assert_int_equal(chmod(policy_file("d"), 0775), 0);
	policy_file_untrusted(policy_file("d/policy.yaml"), "/d is writable by its group (mode 0775)");
	assert_int_equal(chmod(policy_file("d"), 0755), 0);
	assert_int_equal(chmod(policy_files_top, 0757), 0);
	policy_file_untrusted(policy_file("d/policy.yaml"), " is writable by others (mode 0757)");
	assert_int_equal(chmod(policy_files_top, 01777), 0);
	assert_int_equal(policy_file_load(policy_file("d/policy.yaml")), ERR_NONE);
}

static void a_directory_of_somebody_else_spoils_it(void **unused)
{
	NOT_ROOT();
	assert_int_equal(chown(policy_files_top, OTHER, 0), 0);
	policy_file_untrusted(policy_file("d/policy.yaml"), " belongs to uid 4711, who is neither root nor uid 0");
}

static void links_are_followed(void **unused)
{
	assert_int_equal(symlink("../d/policy.yaml", policy_file("e/relative")), 0);
	assert_int_equal(symlink(policy_file("e/relative"), policy_file("e/absolute")), 0);
	assert_int_equal(symlink("d/../d/./", policy_file("dir")), 0);
	assert_int_equal(policy_file_load(policy_file("e/relative")), ERR_NONE);
	assert_int_equal(policy_file_load(policy_file("e/absolute")), ERR_NONE);
	assert_int_equal(policy_file_load(policy_file("dir/policy.yaml")), ERR_NONE);
	assert_int_equal(policy_file_load(policy_file("dir/../dir//./policy.yaml")), ERR_NONE);
}

static void each_directory_behind_a_link_counts(void **unused)
{
	assert_int_equal(mkdir(policy_file("f"), 0755), 0);
	assert_int_equal(symlink("../f/middle", policy_file("e/first")), 0);
	assert_int_equal(symlink("../d/policy.yaml", policy_file("f/middle")), 0);
	assert_int_equal(policy_file_load(policy_file("e/first")), ERR_NONE);
	assert_int_equal(chmod(policy_file("f"), 0777), 0); /* in neither the path nor its end */
	policy_file_untrusted(policy_file("e/first"), "/f is writable by others (mode 0777)");
	assert_int_equal(chmod(policy_file("f"), 0755), 0);
	assert_int_equal(chmod(policy_file("d"), 0777), 0);
	policy_file_untrusted(policy_file("e/first"), "/d is writable by others (mode 0777)");
	assert_int_equal(chmod(policy_file("d"), 0755), 0);
	assert_int_equal(chmod(policy_file("e"), 0777), 0);
	policy_file_untrusted(policy_file("e/first"), "/e is writable by others (mode 0777)");
}

/* The sticky bit keeps others from replacing it, not from having made it. */
static void a_link_of_somebody_else_is_not_followed(void **unused)
{
	NOT_ROOT();
	assert_int_equal(chmod(policy_file("e"), 01777), 0);
	assert_int_equal(symlink("../d/policy.yaml", policy_file("e/link")), 0);
	assert_int_equal(policy_file_load(policy_file("e/link")), ERR_NONE);
	assert_int_equal(lchown(policy_file("e/link"), OTHER, 0), 0);
	policy_file_untrusted(policy_file("e/link"), "/e/link belongs to uid 4711, who is neither root nor uid 0");
}

static void a_relative_path_is_checked_from_the_root_on(void **unused)
{
	assert_int_equal(chdir(policy_file("d")), 0);
	assert_int_equal(policy_file_load("policy.yaml"), ERR_NONE);
	assert_int_equal(policy_file_load("../d/policy.yaml"), ERR_NONE);
	assert_int_equal(chmod(policy_files_top, 0777), 0);
	policy_file_untrusted("policy.yaml", " is writable by others (mode 0777)");
}

static void what_is_no_regular_file_is_refused_at_once(void **unused)
{
	assert_int_equal(mkfifo(policy_file("d/fifo"), 0644), 0);
	policy_file_untrusted(policy_file("d/fifo"), "/d/fifo: not a regular file");
	policy_file_untrusted(policy_file("d"), "/d: not a regular file");
	policy_file_untrusted("/dev/null", "/dev/null: not a regular file");
	assert_int_equal(policy_files_lies.opens, policy_files_lies.closes);
}

static void what_cannot_be_opened_is_an_io_error(void **unused)
{
	assert_int_equal(policy_file_load(policy_file("d/none")), ERR_IO);
	assert_int_equal(policy_file_err.sys_errno, ENOENT);
	assert_int_equal(symlink("loop", policy_file("loop")), 0);
	assert_int_equal(policy_file_load(policy_file("loop")), ERR_IO);
	assert_int_equal(policy_file_err.sys_errno, ELOOP);
	assert_int_equal(policy_files_lies.closes, 0);
}

/* The check walks names, the descriptor is what is read: they must be one file. */
static void a_file_replaced_meanwhile_is_refused(void **unused)
{
	policy_file_write(policy_file("d/second.yaml"), "version: 1\ndefault: bypass\n");
	policy_files_lies.instead = policy_file("d/second.yaml");
	policy_file_untrusted(policy_file("d/policy.yaml"), ": replaced while it was opened");
}

static void a_path_that_loops_only_for_the_walk_ends(void **unused)
{
	assert_int_equal(symlink("loop", policy_file("loop")), 0);
	policy_files_lies.instead = policy_file("d/policy.yaml");
	assert_int_equal(policy_file_load(policy_file("loop")), ERR_IO);
	assert_int_equal(policy_file_err.sys_errno, ELOOP);
}

static void a_path_that_is_too_long_is_an_io_error(void **unused)
{
	char path[PATH_MAX + 100];

	memset(path, 'x', sizeof path);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	policy_files_lies.instead = policy_file("d/policy.yaml");
	assert_int_equal(policy_file_load(path), ERR_IO);
	assert_int_equal(policy_file_err.sys_errno, ENAMETOOLONG);
}

static void interrupted_and_short_reads_go_on(void **unused)
{
	policy_files_lies.eintr = 2;
	policy_files_lies.most = 1;
	assert_int_equal(policy_file_load(policy_file("d/policy.yaml")), ERR_NONE);
}

static void a_failed_read_is_an_io_error(void **unused)
{
	policy_files_lies.err = EIO;
	assert_int_equal(policy_file_load(policy_file("d/policy.yaml")), ERR_IO);
	assert_int_equal(policy_file_err.sys_errno, EIO);
	assert_int_equal(policy_files_lies.closes, 1);
}

static void an_endless_file_is_refused(void **unused)
{
	policy_files_lies.endless = true;
	assert_int_equal(policy_file_load(policy_file("d/policy.yaml")), ERR_PARSE);
	assert_non_null(strstr(policy_file_diag.text, "policy.yaml:1:1: error: the policy is larger than 1 MiB"));
}

static void a_message_names_the_path(void **unused)
{
	char want[200];

	policy_file_write(policy_file("d/policy.yaml"), "version: 1\ndefault: dny\n");
	snprintf(want, sizeof want, "%s:2:10: error: unknown value \"dny\"; did you mean \"deny\"?\n"
		 "  default: dny\n           ^\n  expected: deny or bypass", policy_file("d/policy.yaml"));
	assert_int_equal(policy_file_load(policy_file("d/policy.yaml")), ERR_PARSE);
	assert_string_equal(policy_file_diag.text, want);
	assert_string_equal(policy_file_err.text, want);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, policy_files_make, policy_files_remove)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file_of_ours_is_loaded),
		TEST(a_file_of_roots_or_of_the_effective_user_is_loaded),
		TEST(a_file_of_somebody_else_is_not),
		TEST(a_file_that_others_may_write_is_not),
		TEST(a_directory_that_others_may_write_spoils_it),
		TEST(a_directory_of_somebody_else_spoils_it),
		TEST(links_are_followed),
		TEST(each_directory_behind_a_link_counts),
		TEST(a_link_of_somebody_else_is_not_followed),
		TEST(a_relative_path_is_checked_from_the_root_on),
		TEST(what_is_no_regular_file_is_refused_at_once),
		TEST(what_cannot_be_opened_is_an_io_error),
		TEST(a_file_replaced_meanwhile_is_refused),
		TEST(a_path_that_loops_only_for_the_walk_ends),
		TEST(a_path_that_is_too_long_is_an_io_error),
		TEST(interrupted_and_short_reads_go_on),
		TEST(a_failed_read_is_an_io_error),
		TEST(an_endless_file_is_refused),
		TEST(a_message_names_the_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
