/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int listener = listen_on(port);
	int used = accept_one(listener);

	greet_client(used);
	int unused = accept_one(listener);
	close(listener);
	greet_client(unused);
	read_exactly(used, 0, 1000);
	write_all(unused, 0, 1000);
	expect_eof(used);
}

static void client(int port)
{
	int a = dial(port);
	greet_server(a);
	int b = dial(port);
	greet_server(b);
	write_all(a, 0, 1000);
	read_exactly(b, 0, 1000);
	close(a);
	expect_eof(b);
}

CLAIM(server, client)
