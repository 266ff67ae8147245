/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_files.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

char policy_files_top[64];
struct policy_files_lies policy_files_lies;

static int lie_open(const char *path, int flags, mode_t mode)
{
	policy_files_lies.opens++;
	policy_files_lies.flags = flags;
	return sys_libc.open(policy_files_lies.instead ? policy_files_lies.instead : path, flags, mode);
}

static int lie_close(int fd)
{
	policy_files_lies.closes++;
	return sys_libc.close(fd);
}

static ssize_t lie_read(int fd, void *buf, size_t len)
{
	if (policy_files_lies.eintr-- > 0 || policy_files_lies.err) {
		errno = policy_files_lies.err ? policy_files_lies.err : EINTR;
		return -1;
	}
	if (policy_files_lies.endless)
		return (ssize_t)len;
	return sys_libc.read(fd, buf, policy_files_lies.most && len > policy_files_lies.most ? policy_files_lies.most : len);
}

const char *policy_file(const char *name)
{
	static char ring[4][PATH_MAX];
	static unsigned next;
	char *path = ring[next++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", policy_files_top, name);
	return path;
}

void policy_file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	assert_int_equal(chmod(path, 0644), 0);
}

int policy_files_make(void **unused)
{
	memset(&policy_files_lies, 0, sizeof policy_files_lies);
	strcpy(policy_files_top, "/tmp/policy_file_test.XXXXXX");
	assert_non_null(mkdtemp(policy_files_top));
	assert_int_equal(chmod(policy_files_top, 0755), 0);
	assert_int_equal(mkdir(policy_file("d"), 0755), 0);
	assert_int_equal(mkdir(policy_file("e"), 0755), 0);
	policy_file_write(policy_file("d/policy.yaml"), "version: 1\ndefault: deny\n");
	return 0;
}

int policy_files_remove(void **unused)
{
	char command[100];

	snprintf(command, sizeof command, "rm -rf %s", policy_files_top);
	return chdir("/") != 0 || seteuid(0) != 0 || system(command) != 0;
}

struct err policy_file_err;
struct policy_diag policy_file_diag;

enum err_class policy_file_load(const char *path)
{
	struct sys sys = sys_libc;
	struct policy *p = NULL;
	struct result r;

	sys.open = lie_open;
	sys.close = lie_close;
	sys.read = lie_read;
	policy_file_err = (struct err){ 0 };
	r = policy_load(&sys, path, &p, &policy_file_diag, &policy_file_err);
	assert_int_equal(p != NULL, !failed(r));
	if (p)
		assert_string_equal(policy_name(p), path);
	policy_unref(p);
	assert_int_equal(policy_file_err.cls, r.cls);
	return r.cls;
}

void policy_file_untrusted(const char *path, const char *why)
{
	size_t len;

	assert_int_equal(policy_file_load(path), ERR_FILE_TRUST);
	len = strlen(policy_file_err.text);
	if (len < strlen(why) || strcmp(policy_file_err.text + len - strlen(why), why) != 0)
		assert_string_equal(policy_file_err.text, why);
	assert_int_equal(strncmp(policy_file_err.text, path, strlen(path)), 0);
}
