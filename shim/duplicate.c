/* SPDX-License-Identifier: Apache-2.0 */
#include "duplicate.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "closing.h"
#include "kernel.h"
#include "ownfd.h"
#include "refuse.h"
#include "shim.h"

static int install(struct conn *c, int fd, bool cloexec)
{
	/* A vfork child's descriptors are its own, the table is its parent's. */
	if (!shim_is_own_process())
		return fd;
	if (conn_install(c, fd, cloexec))
		return fd;
	k_close(fd);
	return -EMFILE;
}

int duplicate(int fd, int min, bool cloexec)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int r;

	if (!c) {
		r = k_fcntl(fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, min);
		if (r >= 0)
			fdtab_set(r, fdtab_load(fd));
		return r;
	}
	/* Never 0 to 2: stdio writes there behind our back. */
	r = k_fcntl(fd, F_DUPFD_CLOEXEC, min < 3 ? 3 : min);
	if (r >= 0)
		r = install(c, r, cloexec);
	conn_put(c);
	return r;
}

/* Could a stdio stream be above this number? Streams are made on files, pipes and
 * terminals; on sockets only by fdopen, which is refused on ours. */
static bool stdio_may_own(int to)
{
	struct stat st;

	return to <= 2 || (KERNEL(SYS_fstat, to, &st) == 0 && !S_ISSOCK(st.st_mode));
}

static int managed_onto(struct conn *c, int fd, int to, int flags)
{
	int r;

	if (stdio_may_own(to))
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
	} else if (k_fcntl(fd, F_GETFD, 0) < 0) {
		r = -EBADF; /* `to` stays as it is */
	} else {
		closing_forget(to);
		r = (int)KERNEL(SYS_dup3, fd, to, flags);
		if (r >= 0)
			fdtab_set(to, fdtab_load(fd));
	}
	conn_put(c);
	return r;
}

bool duplicate_set_cloexec(int fd, bool on)
{
	uintptr_t word = fdtab_load(fd);

	if (!fdtab_conn(word))
		return false;
	if (shim_is_own_process())
		fdtab_swap(fd, word, on ? word | FD_CLOEXEC_BIT : word & ~FD_CLOEXEC_BIT);
	return true;
}
