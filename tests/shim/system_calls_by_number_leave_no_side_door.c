/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
#include <sys/syscall.h>

#include "refused.h"

static void client(int port)
{
	struct sockaddr_in sin = loopback(port);
	char c;
	int go[2];
	int made = (int)syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
	int twin = (int)syscall(SYS_fcntl, made, F_DUPFD_CLOEXEC, 50);

	CHECK(syscall(SYS_connect, made, &sin, sizeof(sin)) == 0);
	greet_server(twin); /* in TLS, as the relay sees */
	/* Files put over its number, and a range of numbers closed, end it properly. */
	int spare = dup(twin);
	CHECK(pipe(go) == 0 && write(go[1], "x", 1) == 1);
	CHECK(syscall(SYS_dup3, go[0], spare, 0) == spare);
	CHECK(read(spare, &c, 1) == 1 && c == 'x');
	CHECK(syscall(SYS_close_range, made, made, 0) == 0);
	CHECK(pipe(go) == 0 && write(go[1], "y", 1) == 1);
	CHECK(read(go[0], &c, 1) == 1 && c == 'y');
	go_on_client(twin);
}

CLAIM(refused_server, client)
