/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#define QUIET(call)                      \
	do {                             \
		errno = EXDEV;           \
		CHECK((call) >= 0);      \
		CHECK(errno == EXDEV);   \
	} while (0)

static void server(int port)
{
	int listener = listen_on(port), fd = -1;
	char buf[1000];

	QUIET(fd = accept(listener, NULL, NULL));
	QUIET(read(fd, buf, 1000));
	QUIET(write(fd, buf, 1000));
	QUIET(shutdown(fd, SHUT_WR));
	QUIET(read(fd, buf, 1000));
	QUIET(close(fd));
	QUIET(close(listener));
}

static void client(int port)
{
	struct sockaddr_in sin = loopback(port);
	char buf[1000] = "";
	int fd = -1;

	QUIET(fd = socket(AF_INET, SOCK_STREAM, 0));
	QUIET(connect(fd, (struct sockaddr *)&sin, sizeof(sin)));
	QUIET(send(fd, buf, 1000, 0));
	QUIET(recv(fd, buf, 1000, MSG_WAITALL));
	QUIET(dup2(fd, 100));
	QUIET(close(fd));
	QUIET(recv(100, buf, 1, 0));
	QUIET(close(100));
}

CLAIM(server, client)
