/* SPDX-License-Identifier: Apache-2.0 */
/* read, write and their kin. Unmanaged descriptors cost one array load. */
#include <string.h>

#include "rights.h"
#include "shim.h"
#include "stream.h"

static ssize_t in(struct conn *c, int fd, const struct iovec *iov, int n, int flags)
{
	int saved = errno;
	ssize_t r = stream_read(c, fd, iov, n, flags);

	conn_put(c);
	return answer(r, saved);
}

static ssize_t out(struct conn *c, int fd, const struct iovec *iov, int n, int flags)
{
	int saved = errno;
	ssize_t r = stream_write(c, fd, iov, n, flags);

	conn_put(c);
	return answer(r, saved);
}

/* read and readv of no bytes return before the socket is asked. */
static ssize_t in_file(struct conn *c, int fd, const struct iovec *iov, int n)
{
	for (int i = 0; i < n; i++)
		if (iov[i].iov_len)
			return in(c, fd, iov, n, 0);
	conn_put(c);
	return 0;
}

EXPORT ssize_t read(int fd, void *buf, size_t n)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	struct iovec iov = { buf, n };

	return c ? in_file(c, fd, &iov, 1) : real.read(fd, buf, n);
}
EXPORT_ALIAS(read) ssize_t __read(int fd, void *buf, size_t n);

EXPORT ssize_t __read_chk(int fd, void *buf, size_t n, size_t size)
{
	struct conn *c = unmanaged(fd) || n > size ? NULL : managed(fd);
	struct iovec iov = { buf, n };

	shim_up();
	return c ? in_file(c, fd, &iov, 1) : real.__read_chk(fd, buf, n, size);
}

EXPORT ssize_t write(int fd, const void *buf, size_t n)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	struct iovec iov = { (void *)buf, n };

	return c ? out(c, fd, &iov, 1, 0) : real.write(fd, buf, n);
}
EXPORT_ALIAS(write) ssize_t __write(int fd, const void *buf, size_t n);

EXPORT ssize_t readv(int fd, const struct iovec *iov, int n)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);

	return c ? in_file(c, fd, iov, n) : real.readv(fd, iov, n);
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int n)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);

	return c ? out(c, fd, iov, n, 0) : real.writev(fd, iov, n);
}

EXPORT ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	struct iovec iov = { buf, n };

	return c ? in(c, fd, &iov, 1, flags) : real.recv(fd, buf, n, flags);
}

EXPORT ssize_t __recv_chk(int fd, void *buf, size_t n, size_t size, int flags)
{
	struct conn *c = unmanaged(fd) || n > size ? NULL : managed(fd);
	struct iovec iov = { buf, n };

	shim_up();
	return c ? in(c, fd, &iov, 1, flags) : real.__recv_chk(fd, buf, n, size, flags);
}

/* TCP names no source: the kernel reports a length of 0. */
static ssize_t in_from(struct conn *c, int fd, void *buf, size_t n, int flags,
		       struct sockaddr *sa, socklen_t *len)
{
	struct iovec iov = { buf, n };
	ssize_t r = in(c, fd, &iov, 1, flags);

	if (r >= 0 && sa && len)
		*len = 0;
	return r;
}

EXPORT ssize_t recvfrom(int fd, void *buf, size_t n, int flags, struct sockaddr *sa,
			socklen_t *len)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);

	return c ? in_from(c, fd, buf, n, flags, sa, len)
		 : real.recvfrom(fd, buf, n, flags, sa, len);
}

EXPORT ssize_t __recvfrom_chk(int fd, void *buf, size_t n, size_t size, int flags,
			      struct sockaddr *sa, socklen_t *len)
{
	struct conn *c = unmanaged(fd) || n > size ? NULL : managed(fd);

	shim_up();
	return c ? in_from(c, fd, buf, n, flags, sa, len)
		 : real.__recvfrom_chk(fd, buf, n, size, flags, sa, len);
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	ssize_t r;

	if (!c) {
		r = real.recvmsg(fd, msg, flags);
		if (r >= 0 && msg->msg_controllen)
			rights_received(msg);
		return r;
	}
	r = in(c, fd, msg->msg_iov, (int)msg->msg_iovlen, flags);
	if (r >= 0) {
		msg->msg_namelen = 0;
		msg->msg_controllen = 0;
		msg->msg_flags = 0;
	}
	return r;
}

EXPORT ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	struct iovec iov = { (void *)buf, n };

	return c ? out(c, fd, &iov, 1, flags) : real.send(fd, buf, n, flags);
}
EXPORT_ALIAS(send) ssize_t __send(int fd, const void *buf, size_t n, int flags);

EXPORT ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *sa,
		      socklen_t len)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	struct iovec iov = { (void *)buf, n };

	if (c)
		return out(c, fd, &iov, 1, flags); /* TCP ignores the address */
	shim_up();
	if (rights_fast_open(fd, sa, flags))
		return connect(fd, sa, len) < 0 ? -1 : send(fd, buf, n, flags & ~MSG_FASTOPEN);
	return real.sendto(fd, buf, n, flags, sa, len);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int saved = errno;

	if (c)
		return out(c, fd, msg->msg_iov, (int)msg->msg_iovlen, flags);
	shim_up();
	if (rights_of_ours(msg))
		return answer(rights_send(fd, msg, flags), saved);
	if (rights_fast_open(fd, msg->msg_name, flags))
		return connect(fd, msg->msg_name, msg->msg_namelen) < 0
			       ? -1 : sendmsg(fd, msg, flags & ~MSG_FASTOPEN);
	return real.sendmsg(fd, msg, flags);
}

EXPORT int eventfd_read(int fd, uint64_t *value)
{
	return read(fd, value, sizeof *value) == sizeof *value ? 0 : -1;
}

EXPORT int eventfd_write(int fd, uint64_t value)
{
	return write(fd, &value, sizeof value) == sizeof value ? 0 : -1;
}
