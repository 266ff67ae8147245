/* SPDX-License-Identifier: Apache-2.0 */
/* read, write and their kin. Unmanaged descriptors cost one array load; the rest is aside, and with it the registers
 * that it saves. */
#include <string.h>

#include "arguments.h"
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

static ssize_t refused(struct conn *c, int r)
{
	conn_put(c);
	return answer(r, errno);
}

/* readv of no bytes returns before the socket is asked. */
static ssize_t in_file(struct conn *c, int fd, const struct iovec *iov, int n)
{
	int r = check_vector(iov, n);

	if (r < 0)
		return refused(c, r);
	for (int i = 0; i < n; i++)
		if (iov[i].iov_len)
			return in(c, fd, iov, n, 0);
	return refused(c, 0);
}

/* So does read, and it and write look at all of the buffer. */
static ssize_t in_one(struct conn *c, int fd, void *buf, size_t n)
{
	struct iovec iov = { buf, n };

	return is_beyond(buf, n) ? refused(c, -EFAULT) : n ? in(c, fd, &iov, 1, 0) : refused(c, 0);
}

static ssize_t out_one(struct conn *c, int fd, const void *buf, size_t n)
{
	struct iovec iov = { (void *)buf, n };

	return is_beyond(buf, n) ? refused(c, -EFAULT) : out(c, fd, &iov, 1, 0);
}

/* recv, send and their kin take as much of it as one call carries. */
static struct iovec one(const void *buf, size_t n)
{
	return (struct iovec){ (void *)buf, n < RW_MAX ? n : RW_MAX };
}

static ASIDE ssize_t other_read(int fd, void *buf, size_t n)
{
	struct conn *c = managed(fd);

	return c ? in_one(c, fd, buf, n) : real.read(fd, buf, n);
}

EXPORT ssize_t read(int fd, void *buf, size_t n)
{
	return unmanaged(fd) ? real.read(fd, buf, n) : other_read(fd, buf, n);
}
EXPORT_ALIAS(read) ssize_t __read(int fd, void *buf, size_t n);

EXPORT ssize_t __read_chk(int fd, void *buf, size_t n, size_t size)
{
	struct conn *c = unmanaged(fd) || n > size ? NULL : managed(fd);

	shim_up();
	return c ? in_one(c, fd, buf, n) : real.__read_chk(fd, buf, n, size);
}

static ASIDE ssize_t other_write(int fd, const void *buf, size_t n)
{
	struct conn *c = managed(fd);

	return c ? out_one(c, fd, buf, n) : real.write(fd, buf, n);
}

EXPORT ssize_t write(int fd, const void *buf, size_t n)
{
	return unmanaged(fd) ? real.write(fd, buf, n) : other_write(fd, buf, n);
}
EXPORT_ALIAS(write) ssize_t __write(int fd, const void *buf, size_t n);

static ASIDE ssize_t other_readv(int fd, const struct iovec *iov, int n)
{
	struct conn *c = managed(fd);

	return c ? in_file(c, fd, iov, n) : real.readv(fd, iov, n);
}

EXPORT ssize_t readv(int fd, const struct iovec *iov, int n)
{
	return unmanaged(fd) ? real.readv(fd, iov, n) : other_readv(fd, iov, n);
}

static ASIDE ssize_t other_writev(int fd, const struct iovec *iov, int n)
{
	struct conn *c = managed(fd);

	return c ? out(c, fd, iov, n, 0) : real.writev(fd, iov, n);
}

EXPORT ssize_t writev(int fd, const struct iovec *iov, int n)
{
	return unmanaged(fd) ? real.writev(fd, iov, n) : other_writev(fd, iov, n);
}

static ASIDE ssize_t other_recv(int fd, void *buf, size_t n, int flags)
{
	struct conn *c = managed(fd);
	struct iovec iov = one(buf, n);

	return c ? in(c, fd, &iov, 1, flags) : real.recv(fd, buf, n, flags);
}

EXPORT ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	return unmanaged(fd) ? real.recv(fd, buf, n, flags) : other_recv(fd, buf, n, flags);
}

EXPORT ssize_t __recv_chk(int fd, void *buf, size_t n, size_t size, int flags)
{
	struct conn *c = unmanaged(fd) || n > size ? NULL : managed(fd);
	struct iovec iov = one(buf, n);

	shim_up();
	return c ? in(c, fd, &iov, 1, flags) : real.__recv_chk(fd, buf, n, size, flags);
}

/* TCP names no source: the kernel reports a length of 0. */
static ssize_t in_from(struct conn *c, int fd, void *buf, size_t n, int flags,
		       struct sockaddr *sa, socklen_t *len)
{
	struct iovec iov = one(buf, n);
	ssize_t r = in(c, fd, &iov, 1, flags);
	int told = r < 0 ? 0 : check_address_in(sa, len);

	if (told < 0)
		return answer(told, errno);
	if (r >= 0 && sa)
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
	r = check_message_in(msg, flags);
	if (r < 0)
		return refused(c, (int)r);
	r = in(c, fd, msg->msg_iov, (int)msg->msg_iovlen, flags);
	if (r >= 0) {
		msg->msg_namelen = 0;
		msg->msg_controllen = 0;
		msg->msg_flags = 0;
	}
	return r;
}

static ASIDE ssize_t other_send(int fd, const void *buf, size_t n, int flags)
{
	struct conn *c = managed(fd);
	struct iovec iov = one(buf, n);

	return c ? out(c, fd, &iov, 1, flags) : real.send(fd, buf, n, flags);
}

EXPORT ssize_t send(int fd, const void *buf, size_t n, int flags)
{
	return unmanaged(fd) ? real.send(fd, buf, n, flags) : other_send(fd, buf, n, flags);
}
EXPORT_ALIAS(send) ssize_t __send(int fd, const void *buf, size_t n, int flags);

EXPORT ssize_t sendto(int fd, const void *buf, size_t n, int flags, const struct sockaddr *sa,
		      socklen_t len)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	struct iovec iov = one(buf, n);
	int r = check_address_out(sa, len);

	if (c) /* TCP ignores the address */
		return r < 0 ? refused(c, r) : out(c, fd, &iov, 1, flags);
	shim_up();
	if (r == 0 && rights_fast_open(fd, sa, flags))
		return connect(fd, sa, len) < 0 ? -1 : send(fd, buf, n, flags & ~MSG_FASTOPEN);
	return real.sendto(fd, buf, n, flags, sa, len);
}

EXPORT ssize_t sendmsg(int fd, const struct msghdr *msg, int flags)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int saved = errno, r = check_message_out(msg, flags);

	if (c)
		return r < 0 ? refused(c, r)
			     : out(c, fd, msg->msg_iov, (int)msg->msg_iovlen, flags);
	shim_up();
	if (r < 0)
		return real.sendmsg(fd, msg, flags);
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
