/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include <aio.h>
#include <linux/aio_abi.h>
#include <sys/syscall.h>

#include "refused.h"

static void client(int port)
{
	int fd = dial(port);
	char buf[1000];
	struct aiocb cb = { .aio_fildes = fd, .aio_buf = buf, .aio_nbytes = sizeof(buf),
			    .aio_lio_opcode = LIO_WRITE };
	struct aiocb *list[] = { &cb };
	struct iocb k = { .aio_fildes = (unsigned)fd, .aio_lio_opcode = IOCB_CMD_PWRITE,
			  .aio_buf = (uintptr_t)buf, .aio_nbytes = sizeof(buf) };
	struct iocb *submitted[] = { &k };
	aio_context_t ctx = 0;

	greet_server(fd);
	fill(buf, sizeof(buf), 0);
	REFUSED(aio, aio_write(&cb));
	REFUSED(aio, aio_read(&cb));
	REFUSED(aio, lio_listio(LIO_WAIT, list, 1, NULL));
	CHECK(syscall(SYS_io_setup, 1, &ctx) == 0);
	REFUSED(aio, syscall(SYS_io_submit, ctx, 1L, submitted));
	go_on_client(fd);
}

CLAIM(refused_server, client)
