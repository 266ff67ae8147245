/* SPDX-License-Identifier: Apache-2.0 */
/* Where the shim and the program are. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "preload.h"
#include "program/path_search.h"
#include "program/preload_list.h"

/* This command's own folder and loader. */
static struct result read_self(char dir[PATH_MAX], struct preload *lib,
			       struct err *reterr)
{
	ssize_t n = readlink("/proc/self/exe", dir, PATH_MAX - 1);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	struct elf_facts self;
	struct result r;

	if (n < 0 || fd < 0) {
		if (fd >= 0)
			close(fd);
		return FAIL(reterr, ERR_IO, "/proc/self/exe: %s; mount /proc",
			    strerrordesc_np(errno));
	}
	dir[n] = '\0';
	*strrchr(dir, '/') = '\0';
	r = elf_read_fd(fd, &self, reterr);
	close(fd);
	if (failed(r))
		return r;
	memcpy(lib->interp, self.interp, sizeof lib->interp);
	return RESULT_OK;
}

struct result preload_find(struct preload *ret, struct err *reterr)
{
	static const char *const places[] = { "", "../lib/svidwrap/" };
	struct preload lib = { 0 };
	char dir[PATH_MAX], at[PATH_MAX + 64];
	struct result r = read_self(dir, &lib, reterr);

	if (failed(r))
		return r;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		snprintf(at, sizeof at, "%s/%s" SHIM_NAME, dir, places[i]);
		if (!realpath(at, lib.path))
			continue;
		if (strpbrk(lib.path, PRELOAD_SPECIAL))
			return FAIL(reterr, ERR_UNSUPPORTED,
				    "%s: LD_PRELOAD cannot name a path with a "
				    "space, colon or dollar sign; install "
				    "elsewhere", lib.path);
		r = preload_inspect(&sys_libc, &lib, reterr);
		if (!failed(r))
			*ret = lib;
		return r;
	}
	return FAIL(reterr, ERR_IO,
		    "%s: " SHIM_NAME " is neither here nor in "
		    "../lib/svidwrap; install it", dir);
}

static bool runnable(const char *path, int *why)
{
	struct stat st;

	if (stat(path, &st) < 0) {
		*why = errno;
		return false;
	}
	*why = EACCES; /* as execve says of a folder */
	return S_ISREG(st.st_mode) &&
	       faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) == 0;
}

static int not_found(const char *name, const char *denied, struct err *reterr)
{
	struct result r;

	if (denied[0])
		r = FAIL(reterr, ERR_IO, "%s: found as %s, which cannot be "
					 "executed; check its mode", name,
			 denied);
	else
		r = FAIL(reterr, ERR_IO, "%s: not found in PATH; check the "
					 "name", name);
	(void)r;
	return denied[0] ? EXIT_CANNOT_RUN : EXIT_NOT_FOUND;
}

int program_find(const char *name, char ret[PATH_MAX], struct err *reterr)
{
	const char *path = path_search_begin();
	char denied[PATH_MAX] = "";
	size_t n = strlen(name);
	int why;

	if (strchr(name, '/') && n < PATH_MAX) {
		memcpy(ret, name, n + 1);
		return 0;
	}
	while (n && n <= NAME_MAX && path_search_next(&path, name, ret)) {
		if (runnable(ret, &why))
			return 0;
		if (why == EACCES && !denied[0])
			strcpy(denied, ret);
	}
	return not_found(name, denied, reterr);
}
