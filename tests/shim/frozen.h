/* SPDX-License-Identifier: Apache-2.0 */
/* Freezing a process: SIGSTOP, or a cgroup's freezer where there is one to be had. */
#ifndef SVIDWRAP_TESTS_SHIM_FROZEN_H
#define SVIDWRAP_TESTS_SHIM_FROZEN_H

#include <sys/prctl.h>
#include <sys/stat.h>

#include "claim.h"

struct freezer {
	pid_t pid;
	char dir[128]; /* empty: by signal */
};

/* First thing in a child that will be frozen: nobody else would end it. */
static inline void end_with_parent(void)
{
	CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0);
}

static inline bool cgroup_write(const struct freezer *f, const char *file, const char *text)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", f->dir, file);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	bool ok = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
	close(fd);
	return ok;
}

static inline void freezer_end(struct freezer *f)
{
	/* A cgroup goes once the last of it is reaped. */
	if (*f->dir)
		rmdir(f->dir);
}

static inline struct freezer freezer_of(pid_t pid, bool by_cgroup)
{
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct freezer f = { .pid = pid };
	char number[16];

	snprintf(number, sizeof(number), "%d", pid);
	for (int i = 0; by_cgroup && i < 2; i++) {
		snprintf(f.dir, sizeof(f.dir), "%s/svidwrap-claim-%d", roots[i], pid);
		if (mkdir(f.dir, 0755) == 0) {
			if (cgroup_write(&f, "cgroup.freeze", "0") &&
			    cgroup_write(&f, "cgroup.procs", number))
				return f;
			freezer_end(&f);
		}
		*f.dir = '\0';
	}
	return f;
}

static inline bool cgroup_is_frozen(const struct freezer *f)
{
	char path[256], text[256] = { 0 };

	snprintf(path, sizeof(path), "%s/cgroup.events", f->dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	return strstr(text, "frozen 1") != NULL;
}

/* Back once it stands still. */
static inline void freeze(const struct freezer *f)
{
	int status;

	if (*f->dir) {
		CHECK(cgroup_write(f, "cgroup.freeze", "1"));
		while (!cgroup_is_frozen(f))
			pause_ms(1);
		return;
	}
	CHECK(kill(f->pid, SIGSTOP) == 0);
	CHECK(waitpid(f->pid, &status, WUNTRACED) == f->pid && WIFSTOPPED(status));
}

static inline void thaw(const struct freezer *f)
{
	if (*f->dir)
		CHECK(cgroup_write(f, "cgroup.freeze", "0"));
	else
		CHECK(kill(f->pid, SIGCONT) == 0);
}

#endif
