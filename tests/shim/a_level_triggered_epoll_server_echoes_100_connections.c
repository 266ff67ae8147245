/* SPDX-License-Identifier: Apache-2.0 */
#include "epoll_echo.h"

static void server(int port)
{
	echo_server(port, false, ECHO_CLIENTS);
}

static void client(int port)
{
	echo_client(port);
}

CLAIM(server, client)
