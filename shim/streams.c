/* SPDX-License-Identifier: Apache-2.0 */
#include "streams.h"

#include <fcntl.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"
#include "shim.h"
#include "streams_internal.h"

#define COOKIE (-2) /* the _fileno of a cookie stream */

static struct stream *_Atomic list;

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
	int null;

	s->lent = real.fdopen(s->fd, mode);
	if (!s->lent && (s->lent = fopen("/dev/null", mode))) { /* fd is not open yet */
		null = s->lent->_fileno;
		s->lent->_fileno = -1;
		k_close(null);
	}
	if (!s->lent)
		return;
	s->lent->_fileno = -1;
	f->_wide_data = s->lent->_wide_data;
	f->_mode = 0;
}

struct stream *stream_on(int fd, const char *mode)
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
