/* SPDX-License-Identifier: Apache-2.0 */
/* Standard input and output, before a managed socket has their number; and 2, which
 * never is one. */
#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "judge.h"
#include "kernel.h"
#include "lock.h"
#include "shim.h"
#include "streams.h"
#include "streams_internal.h"

/* The head of a FILE with libc's functions; glibc exports the list, not its type. */
extern struct _IO_FILE *_IO_list_all;
extern void _IO_list_lock(void);
extern void _IO_list_unlock(void);

static _Atomic bool claimed[2];
static _Atomic bool vacant[2]; /* closed: a socket may get the number */
static struct lock claim_lock;

/* What a FILE holds goes on in the stream that takes its place. */
static void move_held(FILE *from, struct stream *to)
{
	size_t unread;

	if (ftrylockfile(from) != 0)
		return; /* another thread is reading there or writing: it keeps that */
	unread = (size_t)(from->_IO_read_end - from->_IO_read_ptr);
	if (__fpending(from)) {
		fwrite(from->_IO_write_base, 1, __fpending(from), to->f);
	} else if (unread && (to->ahead = malloc(unread))) {
		memcpy(to->ahead, from->_IO_read_ptr, unread);
		to->ahead_len = unread;
	}
	__fpurge(from);
	if (__fwritable(from) && (__flbf(from) || __fbufsize(from) == 1))
		setvbuf(to->f, NULL, __flbf(from) ? _IOLBF : _IONBF, 0);
	funlockfile(from);
}

/* The FILE with number fd that is not the standard stream, if any. */
static bool others_have(int fd, const FILE *standard)
{
	bool found = false;

	_IO_list_lock();
	for (FILE *f = _IO_list_all; f && !found; f = f->_chain)
		found = f->_fileno == fd && f != standard;
	_IO_list_unlock();
	return found;
}

static bool stand_in(int fd)
{
	FILE **variable = fd ? &stdout : &stdin, *old = *variable;
	struct stream *s;

	if (old && old->_fileno != fd)
		old = NULL; /* the program's own choice, or ours already */
	if (others_have(fd, old))
		return false;
	if (!old)
		return true;
	s = stream_on(fd, fd ? "w" : "r");
	if (!s)
		return false;
	move_held(old, s);
	old->_fileno = -1; /* whoever kept it gets EBADF */
	*variable = s->f;
	return true;
}

bool streams_claim(int fd)
{
	int saved = errno;

	if (fd < 0 || fd > 1)
		return fd != 2 && !others_have(fd, NULL);
	if (atomic_load(&claimed[fd]))
		return true;
	if (!lock_acquire(&claim_lock))
		return false;
	if (!claimed[fd])
		claimed[fd] = stand_in(fd);
	lock_release(&claim_lock);
	errno = saved;
	return claimed[fd];
}

void streams_fork_lock(void)
{
	lock_acquire(&claim_lock);
}

void streams_fork_unlock(void)
{
	lock_release(&claim_lock);
}

void streams_fork_child(void)
{
	lock_reset(&claim_lock);
}

void streams_closing(int fd)
{
	if (fd == 0 || fd == 1)
		atomic_store(&vacant[fd], true);
}

void streams_prepare(void)
{
	for (int fd = 0; fd <= 1; fd++)
		if (atomic_load_explicit(&vacant[fd], memory_order_relaxed) &&
		    !atomic_load_explicit(&claimed[fd], memory_order_relaxed))
			streams_claim(fd);
}

bool streams_fill(int fd, int flags)
{
	int null = (int)KERNEL(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC), r = null;

	if (null >= 0 && null != fd)
		r = (int)KERNEL(SYS_dup3, null, fd, flags & O_CLOEXEC);
	else if (null == fd)
		k_fcntl(fd, F_SETFD, flags & O_CLOEXEC ? FD_CLOEXEC : 0);
	if (null >= 0 && null != fd)
		k_close(null);
	fdtab_set(fd, FD_UNMANAGED);
	return r >= 0;
}

void streams_inherit(void)
{
	if (!judge_enforces())
		return;
	for (int fd = 0; fd <= 1; fd++) {
		conn_put(managed(fd));
		if (fdtab_load(fd) == FD_UNKNOWN) /* not open */
			streams_closing(fd);
	}
	if (classify_is_inet_stream(2) && !classify_may_go_plain(2) && !streams_fill(2, 0))
		k_close(2);
}
