/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX asynchronous I/O: libc's threads read and write with functions of its own,
 * which on a managed socket would be ciphertext in and plaintext out. */
#include <aio.h>

#include "refuse.h"
#include "shim.h"

static int refused(int fd)
{
	int e;

	shim_up();
	e = refuse_if_managed(fd, REFUSE_aio);
	if (e < 0)
		errno = -e;
	return e;
}

EXPORT int aio_read(struct aiocb *cb)
{
	return refused(cb->aio_fildes) ? -1 : real.aio_read(cb);
}

EXPORT int aio_write(struct aiocb *cb)
{
	return refused(cb->aio_fildes) ? -1 : real.aio_write(cb);
}

EXPORT int lio_listio(int mode, struct aiocb *const list[], int n, struct sigevent *ev)
{
	for (int i = 0; i < n; i++)
		if (list[i] && list[i]->aio_lio_opcode != LIO_NOP && refused(list[i]->aio_fildes))
			return -1;
	return real.lio_listio(mode, list, n, ev);
}

EXPORT int aio_read64(struct aiocb64 *cb)
{
	return refused(cb->aio_fildes) ? -1 : real.aio_read64(cb);
}

EXPORT int aio_write64(struct aiocb64 *cb)
{
	return refused(cb->aio_fildes) ? -1 : real.aio_write64(cb);
}

EXPORT int lio_listio64(int mode, struct aiocb64 *const list[], int n, struct sigevent *ev)
{
	for (int i = 0; i < n; i++)
		if (list[i] && list[i]->aio_lio_opcode != LIO_NOP && refused(list[i]->aio_fildes))
			return -1;
	return real.lio_listio64(mode, list, n, ev);
}
