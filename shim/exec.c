/* SPDX-License-Identifier: Apache-2.0 */
#include "exec.h"

#include <alloca.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "exec_check.h"
#include "exec_env.h"
#include "handover.h"
#include "kernel.h"
#include "refuse.h"
#include "shim.h"

#define MARKED 1024

/* What one attempt did to close-on-exec flags: it may fail, and be followed by another
 * (PATH). */
struct attempt {
	struct handover give;
	bool gives, own;
	uint64_t changed[MARKED / 64];
};

static int execute(const struct image *im, char *const argv[], char *const envp[], int memfd)
{
	size_t room = exec_env_size(envp, memfd);
	char *const *env = room ? exec_env_fill(envp, memfd, alloca(room)) : envp;

	/* A sandbox may know execve alone. */
	return im->dir == AT_FDCWD && !im->flags ? real.execve(im->path, argv, env)
						 : real.execveat(im->dir, im->path, argv, env, im->flags);
}

static void set_cloexec(struct attempt *a, int fd, bool on)
{
	bool was = k_fcntl(fd, F_GETFD, 0) & FD_CLOEXEC;

	if (was == on)
		return;
	k_fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0);
	if (fd < MARKED)
		a->changed[fd / 64] ^= (uint64_t)1 << fd % 64;
}

static void restore(struct attempt *a)
{
	for (int fd = 0; fd < MARKED; fd++)
		if (a->changed[fd / 64] & (uint64_t)1 << fd % 64)
			k_fcntl(fd, F_SETFD, k_fcntl(fd, F_GETFD, 0) ^ FD_CLOEXEC);
	for (int fd = MARKED; a->own && fd < fdtab_limit(); fd++)
		if (fdtab_conn(fdtab_load(fd)))
			k_fcntl(fd, F_SETFD, FD_CLOEXEC);
}

/* The next image would not have the shim: it gets nothing. NULL: why is nobody's
 * business. 0 or -errno. */
static int give_nothing(struct attempt *a, int limit, const char *why)
{
	struct conn *c;
	int r = 0;

	for (int fd = 0; (c = handover_from(&fd, limit, a->own)); fd++) {
		set_cloexec(a, fd, true);
		if (why)
			(void)refuse_because(c, REFUSE_exec, why);
		/* Without it the program would take what it opens first for that. */
		if (fd <= 2)
			r = -EACCES;
	}
	return r;
}

static void give_all(struct attempt *a)
{
	struct conn *c;

	for (int fd = 0; (c = handover_from(&fd, a->give.limit, a->own)); fd++) {
		handover_add(&a->give, c);
		set_cloexec(a, fd, false);
	}
	handover_seal(&a->give);
}

static int prepare(struct attempt *a, const struct image *im, char *const envp[], int limit)
{
	struct err why = { .text = "" };
	int r;

	/* In a handler that interrupted us, or after a fork that nobody saw. */
	if (lock_held() || !atomic_load(shim_fork_word))
		return give_nothing(a, limit, NULL);
	r = exec_check(im, envp, &why);
	if (r < 0 && r != -ENOEXEC)
		return r;
	if (r != 0)
		return give_nothing(a, limit, r < 0 ? NULL : why.text);
	a->gives = handover_begin(&a->give, a->own ? HEIR_SELF : HEIR_CHILD);
	if (!a->gives)
		return give_nothing(a, limit, "no memory or descriptor for a hand-over");
	give_all(a);
	return 0;
}

int exec_image(const struct image *im, char *const argv[], char *const envp[])
{
	struct attempt a = { .give.memfd = -1 };
	int saved = errno, limit, first = 0, r;

	shim_up();
	limit = atomic_load(&shim_state) == 2 ? handover_limit() : 0;
	a.own = limit && shim_is_own_process();
	if (!handover_from(&first, limit, a.own))
		return execute(im, argv, envp, -1);
	r = prepare(&a, im, envp, limit);
	errno = saved;
	if (r == 0) {
		execute(im, argv, envp, a.gives ? a.give.memfd : -1);
		r = -errno;
	}
	restore(&a);
	if (a.gives)
		handover_end(&a.give, false);
	errno = -r;
	return -1;
}
