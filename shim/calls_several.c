/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that carry several messages, or flags, in one: recvmmsg, sendmmsg, preadv2,
 * pwritev2. On a managed socket they are what they stand for, one after the other. */
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#include "arguments.h"
#include "kernel.h"
#include "rights.h"
#include "shim.h"
#include "stream.h"

static bool time_is_up(const struct timespec *end)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec > end->tv_sec ||
	       (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
}

/* recvmmsg(2): the time is looked at after each message. */
static int receive_several(int fd, struct mmsghdr *msgs, unsigned n, int flags,
			   const struct timespec *timeout)
{
	struct timespec end = { 0 };
	int done = 0;

	if (timeout) {
		clock_gettime(CLOCK_MONOTONIC, &end);
		end.tv_sec += timeout->tv_sec;
		end.tv_nsec += timeout->tv_nsec;
		if (end.tv_nsec >= 1000000000) {
			end.tv_sec++;
			end.tv_nsec -= 1000000000;
		}
	}
	while ((unsigned)done < n && n <= INT32_MAX) {
		ssize_t r = recvmsg(fd, &msgs[done].msg_hdr, flags & ~MSG_WAITFORONE);

		if (r < 0)
			return done ? done : -1;
		msgs[done++].msg_len = (unsigned)r;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (timeout && time_is_up(&end))
			break;
	}
	return done;
}

EXPORT int recvmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags, struct timespec *timeout)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int r, saved = errno;

	shim_up();
	if (c) {
		conn_put(c);
		if ((n && is_nowhere(msgs)) || (timeout && is_nowhere(timeout)))
			return (int)answer(-EFAULT, saved);
		if (timeout && (timeout->tv_sec < 0 || (unsigned long)timeout->tv_nsec >= 1000000000))
			return (int)answer(-EINVAL, saved);
		r = receive_several(fd, msgs, n, flags, timeout);
		errno = r < 0 ? errno : saved;
		return r;
	}
	r = real.recvmmsg(fd, msgs, n, flags, timeout);
	for (int i = 0; i < r; i++)
		if (msgs[i].msg_hdr.msg_controllen)
			rights_received(&msgs[i].msg_hdr);
	return r;
}

static int send_several(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	int done = 0;

	while ((unsigned)done < n) {
		ssize_t r = sendmsg(fd, &msgs[done].msg_hdr, flags);

		if (r < 0)
			return done ? done : -1;
		msgs[done++].msg_len = (unsigned)r;
	}
	return done;
}

EXPORT int sendmmsg(int fd, struct mmsghdr *msgs, unsigned n, int flags)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int r, saved = errno;

	shim_up();
	n = n < IOV_MAX ? n : IOV_MAX; /* sendmmsg(2) */
	if (n && is_nowhere(msgs)) {
		conn_put(c);
		return (int)answer(-EFAULT, saved);
	}
	if (c) {
		conn_put(c);
		r = send_several(fd, msgs, n, flags);
		errno = r < 0 ? errno : saved;
		return r;
	}
	for (unsigned i = 0; i < n && check_message_out(&msgs[i].msg_hdr, flags) == 0; i++) {
		/* It connects first, or goes elsewhere, and then it is not this call's any more. */
		if (rights_of_ours(&msgs[i].msg_hdr) ||
		    rights_fast_open(fd, msgs[i].msg_hdr.msg_name, flags))
			return send_several(fd, msgs, n, flags);
	}
	return real.sendmmsg(fd, msgs, n, flags);
}

/* A socket has no position (ESPIPE); of the flags only one means something to it. */
static int rw_flags(off_t off, int flags, int *ret_msg)
{
	if (off != -1)
		return -ESPIPE;
	if (flags & ~(RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND))
		return -EOPNOTSUPP;
	*ret_msg = flags & RWF_NOWAIT ? MSG_DONTWAIT : 0;
	return 0;
}

static size_t length_of(const struct iovec *iov, int n)
{
	size_t sum = 0;

	for (int i = 0; i < n; i++)
		sum |= iov[i].iov_len;
	return sum;
}

EXPORT ssize_t preadv2(int fd, const struct iovec *iov, int n, off_t off, int flags)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int saved = errno, msg = 0;
	ssize_t r;

	shim_up();
	if (!c)
		return real.preadv2(fd, iov, n, off, flags);
	r = rw_flags(off, flags, &msg);
	if (r == 0)
		r = check_vector(iov, n);
	if (r == 0 && length_of(iov, n))
		r = stream_read(c, fd, iov, n, msg);
	conn_put(c);
	return answer(r, saved);
}
EXPORT_ALIAS(preadv2)
ssize_t preadv64v2(int fd, const struct iovec *iov, int n, off64_t off, int flags);

EXPORT ssize_t pwritev2(int fd, const struct iovec *iov, int n, off_t off, int flags)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int saved = errno, msg = 0;
	ssize_t r;

	shim_up();
	if (!c)
		return real.pwritev2(fd, iov, n, off, flags);
	r = rw_flags(off, flags, &msg);
	if (r == 0)
		r = stream_write(c, fd, iov, n, msg);
	conn_put(c);
	return answer(r, saved);
}
EXPORT_ALIAS(pwritev2)
ssize_t pwritev64v2(int fd, const struct iovec *iov, int n, off64_t off, int flags);
