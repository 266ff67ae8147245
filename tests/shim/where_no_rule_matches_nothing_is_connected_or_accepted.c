/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused alone no-tls */
/* `default: deny` and an address that no rule names. */
#include <sys/syscall.h>

#include "libc.h"

static void connects_nowhere(void)
{
	int port, listener = plain_listener(0, &port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct pollfd p = { .fd = listener, .events = POLLIN };

	show("connect", try_connect(fd, port));
	CHECK(errno == EACCES);
	CHECK(send(fd, "x", 1, MSG_NOSIGNAL) == -1);
	set_nonblocking(fd, true);
	show("non-blocking connect", try_connect(fd, port));
	CHECK(errno == EACCES);
	struct sockaddr_in sin = loopback(port);
	show("by number", syscall(SYS_connect, fd, &sin, sizeof(sin)));
	CHECK(LIBC(poll)(&p, 1, 100) == 0); /* not one packet */
	close(fd);
	LIBC(close)(listener);
}

static void accepts_nobody(void)
{
	struct sockaddr_in sin = loopback(0);
	socklen_t len = sizeof(sin);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(bind(listener, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	CHECK(listen(listener, 16) == 0);
	CHECK(getsockname(listener, (struct sockaddr *)&sin, &len) == 0);
	int peer = plain_dial(ntohs(sin.sin_port));
	CHECK(LIBC(send)(peer, "in clear", 8, 0) == 8);
	show("accept", accept(listener, NULL, NULL));
	CHECK(errno == ECONNABORTED);
	plain_peer_hears_nothing(peer);
	LIBC(close)(peer);
	close(listener);
}

static void alone(int port)
{
	connects_nowhere();
	accepts_nobody();
}

CLAIM_ALONE(alone)
