/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "arguments.h"
#include "kernel.h"
#include "scratch.h"
#include "stream.h"

#define CHUNK (SCRATCH_RECORDS * RECORD_PLAIN_MAX)

/* scratch.cipher is large enough for a chunk; plaintext does not stay there. */
static void give_back(struct scratch *s, size_t used)
{
	explicit_bzero(s->cipher, used);
	scratch_put(s);
}

static ssize_t write_all_or_less(struct conn *c, int fd, const void *buf, size_t n)
{
	struct iovec iov = { (void *)buf, n };

	return stream_write(c, fd, &iov, 1, 0);
}

static ssize_t file_chunks(struct conn *c, int fd, int in, off_t at, size_t n, struct scratch *s,
			   size_t *used)
{
	size_t done = 0;
	ssize_t r = 0;

	while (done < n) {
		size_t want = n - done < CHUNK ? n - done : CHUNK;
		ssize_t got = KERNEL(SYS_pread64, in, s->cipher, want, at + (off_t)done);

		if (got <= 0) {
			r = got;
			break;
		}
		if (*used < (size_t)got)
			*used = (size_t)got;
		r = write_all_or_less(c, fd, s->cipher, (size_t)got);
		if (r > 0)
			done += (size_t)r;
		if (r < got)
			break;
	}
	return done ? (ssize_t)done : r;
}

ssize_t transfer_file(struct conn *c, int fd, int in, off_t *off, size_t n)
{
	size_t used = 0;
	struct scratch *s;
	struct stat st;
	off_t at;
	ssize_t r = off && is_nowhere(off) ? -EFAULT : KERNEL(SYS_fstat, in, &st);

	if (r < 0)
		return r;
	/* sendfile(2): what it reads from can be mapped. */
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EINVAL;
	at = off ? *off : KERNEL(SYS_lseek, in, 0, SEEK_CUR);
	if (at < 0)
		return off ? -EINVAL : at;
	if ((k_fcntl(in, F_GETFL, 0) & O_ACCMODE) == O_WRONLY)
		return -EBADF;
	s = scratch_get();
	if (!s)
		return -ENOBUFS;
	r = file_chunks(c, fd, in, at, n < RW_MAX ? n : RW_MAX, s, &used);
	give_back(s, used);
	if (r > 0 && off)
		*off = at + r;
	else if (r > 0)
		KERNEL(SYS_lseek, in, at + r, SEEK_SET);
	return r;
}

static bool pipe_waits(int fd, unsigned flags)
{
	return !(flags & SPLICE_F_NONBLOCK) && !(k_fcntl(fd, F_GETFL, 0) & O_NONBLOCK);
}

/* Until the pipe is ready, or one look. 0 or -errno. */
static int await_pipe(int fd, short events, bool wait)
{
	struct pollfd p = { .fd = fd, .events = events };
	int r = k_poll(&p, 1, wait ? -1 : 0);

	return r < 0 ? r : r == 0 ? -EAGAIN : 0;
}

/* A copy of what the pipe holds, since the socket may take less and bytes cannot be put
 * back: tee(2) into a pipe of our own. */
static ssize_t copy_of_pipe(int in, uint8_t *to, size_t n)
{
	int own[2];
	ssize_t r = KERNEL(SYS_pipe2, own, O_CLOEXEC);

	if (r < 0)
		return r;
	r = KERNEL(SYS_tee, in, own[1], n, SPLICE_F_NONBLOCK);
	if (r > 0)
		r = KERNEL(SYS_read, own[0], to, r);
	k_close(own[0]);
	k_close(own[1]);
	return r;
}

static void drop_from_pipe(int in, uint8_t *to, size_t n)
{
	while (n) {
		ssize_t r = KERNEL(SYS_read, in, to, n);

		if (r <= 0)
			return;
		n -= (size_t)r;
	}
}

ssize_t transfer_from_pipe(struct conn *c, int fd, int in, size_t n, unsigned flags)
{
	struct scratch *s;
	size_t used = 0;
	ssize_t r;

	if (!n)
		return 0;
	r = await_pipe(in, POLLIN, pipe_waits(in, flags));
	if (r < 0)
		return r;
	s = scratch_get();
	if (!s)
		return -ENOBUFS;
	r = copy_of_pipe(in, s->cipher, n < CHUNK ? n : CHUNK);
	if (r > 0) {
		used = (size_t)r;
		r = write_all_or_less(c, fd, s->cipher, (size_t)r);
	}
	if (r > 0)
		drop_from_pipe(in, s->cipher, (size_t)r);
	give_back(s, used);
	return r;
}

/* What a write is certain to get into the pipe without waiting (pipe(7)). */
static size_t room_in_pipe(int out)
{
	if (k_ioctl_int(out, FIONREAD) == 0) {
		int size = k_fcntl(out, F_GETPIPE_SZ, 0);

		return size > 0 ? (size_t)size : PIPE_BUF;
	}
	return await_pipe(out, POLLOUT, false) == 0 ? PIPE_BUF : 0;
}

ssize_t transfer_to_pipe(struct conn *c, int fd, int out, size_t n, unsigned flags)
{
	struct scratch *s;
	size_t used = 0, room;
	struct iovec iov;
	ssize_t r;

	if (!n)
		return 0;
	r = await_pipe(out, POLLOUT, pipe_waits(out, flags));
	if (r < 0)
		return r;
	s = scratch_get();
	if (!s)
		return -ENOBUFS;
	room = room_in_pipe(out);
	if (n > room)
		n = room;
	iov = (struct iovec){ s->cipher, n < CHUNK ? n : CHUNK };
	/* Looked at, passed on, and only then taken. */
	r = room ? stream_read(c, fd, &iov, 1, MSG_PEEK) : -EAGAIN;
	if (r > 0) {
		used = (size_t)r;
		r = KERNEL(SYS_write, out, s->cipher, r);
		if (r == -EPIPE)
			raise(SIGPIPE);
	}
	if (r > 0) {
		iov.iov_len = (size_t)r;
		(void)stream_read(c, fd, &iov, 1, MSG_DONTWAIT);
	}
	give_back(s, used);
	return r;
}
