/* SPDX-License-Identifier: Apache-2.0 */
#include "duplicate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "closing.h"
#include "handover.h"
#include "kernel.h"
#include "ownfd.h"
#include "refuse.h"
#include "shim.h"
#include "streams.h"

static int install(struct conn *c, int fd, bool cloexec)
{
	/* A vfork child's descriptors are its own, the table is its parent's: its exec asks
	 * the kernel, and there an image without the shim gets nothing. */
	if (!shim_is_own_process()) {
		if (!cloexec && fd < handover_limit())
			k_fcntl(fd, F_SETFD, 0);
		return fd;
	}
	if (conn_install(c, fd, cloexec))
		return fd;
	k_close(fd);
	return -EMFILE;
}

/* A plain duplicate: what is known of fd holds for it. But a vfork child's `to` may be a
 * connection of its parent's; to ask costs a system call, which files do not pay. */
static void copy_word(int fd, int to)
{
	uintptr_t word = fdtab_load(fd);

	if ((word > FD_UNMANAGED || fdtab_load(to) > FD_UNMANAGED) &&
	    atomic_load(shim_fork_word) && !shim_is_own_process())
		return;
	if (word == FD_FRESH)
		fdtab_swap(fd, FD_FRESH, FD_TWIN);
	fdtab_set(to, word == FD_FRESH ? FD_TWIN : word);
}

/* libc's last words go to 2, past the shim and in programs that are being loaded: a
 * file stays there. It takes the flag, and is open, as the program expects. */
static int not_onto_2(int flags)
{
	if (k_fcntl(2, F_SETFD, flags & O_CLOEXEC ? FD_CLOEXEC : 0) == 0)
		return 2;
	return streams_fill(2, flags) ? 2 : -EMFILE;
}

/* The lowest number from min on that is free, if it is one of 0 to 2; else -1. */
static int free_standard(int min)
{
	for (int fd = min < 0 ? 0 : min; fd <= 2; fd++)
		if (k_fcntl(fd, F_GETFD, 0) < 0)
			return fd;
	return -1;
}

static int managed_to_lowest(struct conn *c, int fd, int min, bool cloexec)
{
	int next = free_standard(min), r;

	if (next == 2)
		return not_onto_2(cloexec ? O_CLOEXEC : 0);
	if (next >= 0 && shim_is_own_process() && !streams_claim(next))
		min = 3;
	r = k_fcntl(fd, F_DUPFD_CLOEXEC, min);
	return r < 0 ? r : install(c, r, cloexec);
}

int duplicate(int fd, int min, bool cloexec)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int r;

	if (!c) {
		r = k_fcntl(fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, min);
		if (r >= 0)
			copy_word(fd, r);
		return r;
	}
	r = managed_to_lowest(c, fd, min, cloexec);
	conn_put(c);
	return r;
}

static int managed_onto(struct conn *c, int fd, int to, int flags)
{
	struct stat st;
	int r;

	/* Through a listener nobody writes anything. On sockets all streams are ours. */
	if (c->slot && to == 2)
		return not_onto_2(flags);
	if (c->slot && (to < 2 || (KERNEL(SYS_fstat, to, &st) == 0 && !S_ISSOCK(st.st_mode))) &&
	    shim_is_own_process() && !streams_claim(to))
		return refuse_call(c, REFUSE_stdio_dup);
	closing_forget(to);
	r = (int)KERNEL(SYS_dup3, fd, to, O_CLOEXEC);
	return r < 0 ? r : install(c, r, flags & O_CLOEXEC);
}

int duplicate_onto(int fd, int to, int flags)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int r;

	if (ownfd_is(to) && shim_is_own_process()) {
		r = -EBUSY; /* dup2(2): a race with the owner of the number */
	} else if (c) {
		r = managed_onto(c, fd, to, flags);
	} else if (fdtab_conn(fdtab_load(to)) && k_fcntl(fd, F_GETFD, 0) < 0) {
		r = -EBADF; /* `to` stays as it is */
	} else {
		closing_forget(to);
		r = (int)KERNEL(SYS_dup3, fd, to, flags);
		if (r >= 0)
			copy_word(fd, to);
	}
	conn_put(c);
	return r;
}

static bool same_socket(int a, int b)
{
	struct stat sa, sb;

	return KERNEL(SYS_fstat, a, &sa) == 0 && KERNEL(SYS_fstat, b, &sb) == 0 &&
	       sa.st_ino == sb.st_ino && sa.st_dev == sb.st_dev;
}

static bool is_twin(int fd, int of)
{
	uintptr_t word = fdtab_load(fd);

	/* Inherited ones may not have been looked at; stdio's never are. */
	return fd != of && word != FD_UNMANAGED && !fdtab_conn(word) &&
	       (word != FD_UNKNOWN || fd <= 2) && same_socket(fd, of);
}

bool duplicate_twins_allow(int fd)
{
	if (fd <= 2 && !streams_claim(fd))
		return false;
	for (int twin = 0; twin <= 2 && fdtab_load(fd) == FD_TWIN; twin++)
		if (is_twin(twin, fd) && !streams_claim(twin))
			return false;
	return true;
}

void duplicate_twins_join(struct conn *c, int fd)
{
	int limit = fdtab_limit();

	for (int twin = 0; twin < limit; twin++)
		if (is_twin(twin, fd) &&
		    conn_install(c, twin, k_fcntl(twin, F_GETFD, 0) & FD_CLOEXEC))
			k_fcntl(twin, F_SETFD, FD_CLOEXEC);
}

void duplicate_release(struct conn *c)
{
	int limit = fdtab_limit();
	bool several = atomic_load(&c->opens) > 1;

	for (int fd = 0; fd < limit; fd++) {
		uintptr_t word = fdtab_load(fd);

		if (fdtab_conn(word) != c ||
		    !fdtab_swap(fd, word, several ? FD_TWIN : FD_FRESH))
			continue;
		k_fcntl(fd, F_SETFD, word & FD_CLOEXEC_BIT ? FD_CLOEXEC : 0);
		atomic_fetch_sub(&c->opens, 1);
		conn_put(c);
	}
}

bool duplicate_set_cloexec(int fd, bool on)
{
	uintptr_t word = fdtab_load(fd);

	if (!fdtab_conn(word))
		return false;
	if (shim_is_own_process())
		fdtab_swap(fd, word, on ? word | FD_CLOEXEC_BIT : word & ~FD_CLOEXEC_BIT);
	else
		k_fcntl(fd, F_SETFD, on ? FD_CLOEXEC : 0);
	return true;
}

bool duplicate_is_cloexec(int fd)
{
	return fdtab_load(fd) & FD_CLOEXEC_BIT &&
	       (shim_is_own_process() || k_fcntl(fd, F_GETFD, 0) & FD_CLOEXEC);
}
