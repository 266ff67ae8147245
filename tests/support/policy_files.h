/* SPDX-License-Identifier: Apache-2.0 */
/* A directory of policy files, and a system that can lie about them. */
#ifndef SVIDWRAP_TESTS_POLICY_FILES_H
#define SVIDWRAP_TESTS_POLICY_FILES_H

#include "policy/policy.h"

/* A new directory for each test: d/policy.yaml is fine until the test spoils
 * something, e is empty. cmocka's set-up and tear-down. */
extern char policy_files_top[64];
int policy_files_make(void **unused);
int policy_files_remove(void **unused);

/* TOP/name. Static, overwritten by the fourth call from now on. */
const char *policy_file(const char *name);
void policy_file_write(const char *path, const char *text);

/* What the system counts and what it says untruly; zeroed for each test. */
extern struct policy_files_lies {
	int opens, closes, flags;
	int eintr; /* so many reads are interrupted */
	int err;   /* errno of every read */
	size_t most; /* bytes a read gives; 0: no limit */
	const char *instead; /* the path that is really opened */
	bool endless;
} policy_files_lies;

/* What policy_load says; the error and the message are left in these. */
extern struct err policy_file_err;
extern struct policy_diag policy_file_diag;
enum err_class policy_file_load(const char *path);
/* It is refused as untrusted; the message starts with path and ends with why. */
void policy_file_untrusted(const char *path, const char *why);

#endif
