/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/socket_bio.h"

#include <errno.h>

#define IO_FLAGS (MSG_DONTWAIT | MSG_NOSIGNAL)

static bool would_block(int e)
{
	return e == EAGAIN || e == EWOULDBLOCK;
}

static int bio_write(BIO *b, const char *buf, int len)
{
	struct socket_io *io = BIO_get_data(b);
	ssize_t n;

	BIO_clear_retry_flags(b);
	if (io->muted || len <= 0)
		return len;
	do
		n = io->sys->send(io->fd, buf, (size_t)len, IO_FLAGS);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return (int)n;
	if (would_block(errno))
		BIO_set_retry_write(b);
	else
		io->sys_errno = errno;
	return -1;
}

static int bio_read(BIO *b, char *buf, int len)
{
	struct socket_io *io = BIO_get_data(b);
	ssize_t n;

	BIO_clear_retry_flags(b);
	if (len <= 0)
		return 0;
	do
		n = io->sys->recv(io->fd, buf, (size_t)len, IO_FLAGS);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		return (int)n;
	if (n == 0)
		io->eof = true;
	else if (would_block(errno))
		BIO_set_retry_read(b);
	else
		io->sys_errno = errno;
	return n == 0 ? 0 : -1;
}

/* Nothing is buffered here: flushing succeeds, nothing is pending. BIO_CTRL_EOF
 * is left out on purpose: OpenSSL would answer an EOF with an alert. */
static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	return cmd == BIO_CTRL_FLUSH;
}

static int bio_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

BIO_METHOD *socket_bio_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "svidwrap socket");

	if (m && BIO_meth_set_write(m, bio_write) &&
	    BIO_meth_set_read(m, bio_read) && BIO_meth_set_ctrl(m, bio_ctrl) &&
	    BIO_meth_set_create(m, bio_create))
		return m;
	BIO_meth_free(m);
	return NULL;
}

BIO *socket_bio_new(const BIO_METHOD *method, struct socket_io *io)
{
	BIO *b = BIO_new(method);

	if (b)
		BIO_set_data(b, io);
	return b;
}
