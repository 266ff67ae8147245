/* SPDX-License-Identifier: Apache-2.0 */
/* run: tool */
/* A level-triggered epoll server that echoes until it is stopped. */
#include <limits.h>

#include "epoll_echo.h"

static void server(int port)
{
	echo_server(port, false, INT_MAX);
}

CLAIM(server, NULL)
