/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/* From a listener of the program's own, and from one that it inherited. */
#include "libc.h"
#include "static.h"

static void inherits_nothing(int fd)
{
	greet_client(fd);
	gets_nothing(fd);
	write_all(fd, 0, 5000);
	read_exactly(fd, 0, 5000);
	close(fd);
}

static void server(int port)
{
	inherits_nothing(serve_one(port));
	int inherited = plain_listener(port, &port);
	tell("inherited");
	inherits_nothing(accept_one(inherited));
}

static void go_on(int fd)
{
	greet_server(fd);
	echo_to_end(fd, 5000);
}

static void client(int port)
{
	go_on(dial(port));
	await("inherited");
	go_on(dial(port));
}

CLAIM(server, client)
