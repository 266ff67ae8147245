/* SPDX-License-Identifier: Apache-2.0 */
/* libc's own functions, past the shim: as another program would use the socket. */
#ifndef SVIDWRAP_TESTS_SHIM_LIBC_H
#define SVIDWRAP_TESTS_SHIM_LIBC_H

#include <dlfcn.h>

#include "claim.h"

static inline void *libc_symbol(const char *name)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
	void *symbol = libc ? dlvsym(libc, name, "GLIBC_2.2.5") : NULL;

	CHECK(symbol);
	return symbol;
}

#define LIBC(name) ((__typeof__(&name))libc_symbol(#name))

/* What a plain peer hears within a moment: bytes, or "nothing". */
static inline void plain_peer_hears_nothing(int fd)
{
	char buf[256];
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (LIBC(poll)(&p, 1, 200) > 0)
		CHECK(LIBC(recv)(fd, buf, sizeof(buf), MSG_DONTWAIT) <= 0);
}

static inline int plain_listener(int port, int *ret_port)
{
	struct sockaddr_in sin = loopback(port);
	socklen_t len = sizeof(sin);
	int one = 1, fd = LIBC(socket)(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0 && LIBC(setsockopt)(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	CHECK(LIBC(bind)(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	CHECK(LIBC(listen)(fd, 16) == 0);
	CHECK(getsockname(fd, (struct sockaddr *)&sin, &len) == 0);
	*ret_port = ntohs(sin.sin_port);
	return fd;
}

static inline int plain_dial(int port)
{
	struct sockaddr_in sin = loopback(port);
	int fd = LIBC(socket)(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0 && LIBC(connect)(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	return fd;
}

#endif
