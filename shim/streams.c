/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "classify.h"
#include "judge.h"
#include "kernel.h"
#include "lock.h"
#include "shim.h"

/* Never given back: others walk the list without a lock. */
struct stream {
	struct stream *next;
	FILE *_Atomic f; /* NULL: free to be used again */
	_Atomic int fd;
	FILE *lent; /* whose wide_data f has; no descriptor below */
	char *ahead; /* what the FILE before it had read already */
	size_t ahead_len, ahead_at;
};

/* The head of a FILE with libc's functions; glibc exports the list, not its type. */
extern struct _IO_FILE *_IO_list_all;
extern void _IO_list_lock(void);
extern void _IO_list_unlock(void);

#define COOKIE (-2) /* the _fileno of a cookie stream */

static struct stream *_Atomic list;
static _Atomic bool claimed[2];
static struct lock claim_lock;

static struct stream *find(FILE *f)
{
	struct stream *s = atomic_load(&list);

	while (s && atomic_load(&s->f) != f)
		s = s->next;
	/* After wide characters libc closes it behind our back; another FILE may have its
	 * address then. */
	return s && f->_fileno == COOKIE ? s : NULL;
}

int streams_number(FILE *f)
{
	struct stream *s = f ? find(f) : NULL;

	return s ? atomic_load(&s->fd) : -1;
}

static ssize_t take_ahead(struct stream *s, char *buf, size_t n)
{
	size_t left = s->ahead_len - s->ahead_at;

	n = n < left ? n : left;
	memcpy(buf, s->ahead + s->ahead_at, n);
	s->ahead_at += n;
	return (ssize_t)n;
}

static ssize_t stream_in(void *cookie, char *buf, size_t n)
{
	struct stream *s = cookie;

	return s->ahead_at < s->ahead_len ? take_ahead(s, buf, n) : read(s->fd, buf, n);
}

/* As libc's own: until all is written. fopencookie(3): 0 for an error, not -1. */
static ssize_t stream_out(void *cookie, const char *buf, size_t n)
{
	struct stream *s = cookie;
	size_t done = 0;

	while (done < n) {
		ssize_t r = write(s->fd, buf + done, n - done);

		if (r < 0)
			break;
		done += (size_t)r;
	}
	return (ssize_t)done;
}

static int stream_seek(void *cookie, off64_t *off, int whence)
{
	struct stream *s = cookie;
	off64_t r = lseek64(s->fd, *off, whence);

	if (r >= 0)
		*off = r;
	return r < 0 ? -1 : 0;
}

static int stream_close(void *cookie)
{
	struct stream *s = cookie;
	int fd = s->fd;

	free(s->ahead);
	s->ahead = NULL;
	if (s->lent)
		fclose(s->lent);
	atomic_store(&s->f, NULL);
	return close(fd);
}

static struct stream *stream_new(void)
{
	struct stream *s, *head;
	FILE *none = NULL, *taken = (FILE *)&list;

	for (s = atomic_load(&list); s; s = s->next, none = NULL)
		if (atomic_compare_exchange_strong(&s->f, &none, taken))
			return s;
	s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	atomic_init(&s->f, taken);
	head = atomic_load(&list);
	do
		s->next = head;
	while (!atomic_compare_exchange_weak(&list, &head, s));
	return s;
}

/* Wide characters make libc forget a cookie's functions, and use memory that such a
 * stream has not: with that of a FILE without a descriptor they fail with EBADF. */
static void lend_wide(struct stream *s, FILE *f, const char *mode)
{
	s->lent = real.fdopen(s->fd, mode);
	if (!s->lent)
		return;
	s->lent->_fileno = -1;
	f->_wide_data = s->lent->_wide_data;
	f->_mode = 0;
}

static struct stream *stream_on(int fd, const char *mode)
{
	static const cookie_io_functions_t functions = {
		.read = stream_in, .write = stream_out, .seek = stream_seek, .close = stream_close,
	};
	struct stream *s = stream_new();
	FILE *f;

	if (!s)
		return NULL;
	s->fd = fd;
	s->ahead_len = s->ahead_at = 0;
	f = fopencookie(s, mode, functions);
	if (f)
		lend_wide(s, f, mode);
	atomic_store(&s->f, f);
	return f ? s : NULL;
}

FILE *streams_open(int fd, const char *mode)
{
	struct stream *s = stream_on(fd, mode);

	if (s && *mode == 'a')
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_APPEND);
	if (s && strchr(mode, 'e'))
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	return s ? s->f : NULL;
}

static int open_flags(const char *mode)
{
	int how = strchr(mode, '+') ? O_RDWR : *mode == 'r' ? O_RDONLY : O_WRONLY;

	return how | (*mode == 'w' ? O_CREAT | O_TRUNC : *mode == 'a' ? O_CREAT | O_APPEND : 0);
}

FILE *streams_reopen(FILE *f, int fd, const char *path, const char *mode)
{
	bool cloexec = strchr(mode, 'e'), reads = *mode == 'r' || strchr(mode, '+'),
	     writes = *mode != 'r' || strchr(mode, '+');
	int other = -1, e = EOPNOTSUPP;

	fflush(f);
	/* What was opened for one way is not turned round. */
	if (path && !(reads && !__freadable(f)) && !(writes && !__fwritable(f))) {
		other = open(path, open_flags(mode) | O_CLOEXEC, 0666);
		e = errno;
	}
	if (other < 0 || dup3(other, fd, cloexec ? O_CLOEXEC : 0) < 0) {
		e = other < 0 ? e : errno;
		if (other >= 0)
			close(other);
		fclose(f);
		errno = e;
		return NULL;
	}
	close(other);
	__fpurge(f);
	clearerr(f);
	return f;
}

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
	if (fd <= 1 && fd >= 0 && !claimed[fd] && atomic_load(&shim_state) == 2 &&
	    shim_is_own_process() && judge_enforces())
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
	struct conn *c;

	if (!judge_enforces())
		return;
	for (int fd = 0; fd <= 1; fd++) {
		conn_put(c = managed(fd));
		if (!c && k_fcntl(fd, F_GETFD, 0) < 0)
			streams_claim(fd);
	}
	if (classify_is_inet_stream(2) && !classify_is_bypassed(2) && !streams_fill(2, 0))
		k_close(2);
}

void streams_flush(void)
{
	for (struct stream *s = atomic_load(&list); s; s = s->next) {
		FILE *f = atomic_load(&s->f);

		if (f && f != (FILE *)&list && ftrylockfile(f) == 0) {
			if (__fwriting(f))
				fflush_unlocked(f);
			funlockfile(f);
		}
	}
}
