/* SPDX-License-Identifier: Apache-2.0 */
#include "epoll_writer.h"

static void client(int port)
{
	write_when_woken(port, EPOLLOUT | EPOLLET);
}

CLAIM(read_16_mib, client)
