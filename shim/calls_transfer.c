/* SPDX-License-Identifier: Apache-2.0 */
/* sendfile and splice: on a managed socket the bytes go through our hands. */
#include <fcntl.h>
#include <sys/stat.h>

#include "kernel.h"
#include "shim.h"
#include "transfer.h"

EXPORT ssize_t sendfile(int out, int in, off_t *off, size_t n)
{
	struct conn *c = unmanaged(out) ? NULL : managed(out);
	int saved = errno;
	ssize_t r;

	shim_up();
	if (!c) /* out of a socket the kernel sends nothing: EINVAL */
		return real.sendfile(out, in, off, n);
	r = transfer_file(c, out, in, off, n);
	conn_put(c);
	return answer(r, saved);
}
EXPORT_ALIAS(sendfile) ssize_t sendfile64(int out, int in, off64_t *off, size_t n);

static bool is_pipe(int fd)
{
	struct stat st;

	return KERNEL(SYS_fstat, fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

/* One of them is managed; as the kernel checks them (splice(2)). */
static ssize_t spliced(struct conn *from, int in, off_t *off_in, struct conn *to, int out,
		       off_t *off_out, size_t n, unsigned flags)
{
	if (flags & ~(SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT))
		return -EINVAL;
	if (k_fcntl(in, F_GETFD, 0) < 0 || k_fcntl(out, F_GETFD, 0) < 0)
		return -EBADF;
	if (!is_pipe(to ? in : out))
		return -EINVAL;
	if (off_in || off_out)
		return -ESPIPE;
	return to ? transfer_from_pipe(to, out, in, n, flags)
		  : transfer_to_pipe(from, in, out, n, flags);
}

EXPORT ssize_t splice(int in, off_t *off_in, int out, off_t *off_out, size_t n, unsigned flags)
{
	struct conn *from = unmanaged(in) ? NULL : managed(in);
	struct conn *to = unmanaged(out) ? NULL : managed(out);
	int saved = errno;
	ssize_t r;

	shim_up();
	if (!from && !to)
		return real.splice(in, off_in, out, off_out, n, flags);
	r = spliced(from, in, off_in, to, out, off_out, n, flags);
	conn_put(from);
	conn_put(to);
	return answer(r, saved);
}
