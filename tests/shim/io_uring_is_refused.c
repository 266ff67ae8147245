/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include <sys/syscall.h>
#include <linux/io_uring.h>

#include "refused.h"

static void client(int port)
{
	int fd = dial(port);

	struct io_uring_params params = { 0 };

	greet_server(fd);
	REFUSED(io_uring, syscall(SYS_io_uring_setup, 4, &params));
	go_on_client(fd);
}

CLAIM(refused_server, client)
