/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* dlopen of libc.so.6 and dlsym, as Python's ctypes, torsocks and many bindings do: what they find is ours, and the socket
 * that was made, connected, accepted and closed by it is managed like any other. */
#include <dlfcn.h>

#include "stream.h"

static void *libc;

#define FOUND(name) ((__typeof__(&name))found(#name))
static void *found(const char *name)
{
	void *p;

	if (!libc)
		libc = dlopen("libc.so.6", RTLD_NOW);
#ifdef __SANITIZE_ADDRESS__ /* it stands between us and libc */
	CHECK(libc && (p = dlsym(RTLD_DEFAULT, name)));
#else
	CHECK(libc && (p = dlsym(libc, name)));
#endif
	return p;
}

static void exchange(int fd, bool first)
{
	char buf[sizeof(MARKER)];

	for (int turn = 0; turn < 2; turn++) {
		if ((turn == 0) == first)
			CHECK(FOUND(write)(fd, MARKER, sizeof(MARKER)) == sizeof(MARKER));
		else
			CHECK(FOUND(recv)(fd, buf, sizeof(buf), MSG_WAITALL) == sizeof(buf) &&
			      memcmp(buf, MARKER, sizeof(buf)) == 0);
	}
}

static void server(int port)
{
	struct sockaddr_in sa;
	socklen_t len = sizeof(sa);
	int listener = listen_on(port), old = FOUND(socket)(AF_INET, SOCK_STREAM, 0), fd;

	/* Whatever had the number before is forgotten. */
	CHECK(FOUND(close)(old) == 0);
	fd = FOUND(accept4)(listener, (struct sockaddr *)&sa, &len, 0);
	CHECK(fd == old);
	exchange(fd, false);
	CHECK(FOUND(read)(fd, &sa, 1) == 0);
	CHECK(FOUND(close)(fd) == 0);
	CHECK(dlsym(libc, "no such name") == NULL && dlerror());
	CHECK(dlsym(RTLD_DEFAULT, "write") == (void *)write);
}

static void client(int port)
{
	struct sockaddr_in sa = loopback(port);
	int fd = FOUND(socket)(AF_INET, SOCK_STREAM, 0);

	CHECK(FOUND(connect)(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0);
	exchange(fd, true);
	CHECK(FOUND(shutdown)(fd, SHUT_WR) == 0);
	CHECK(FOUND(read)(fd, &sa, 1) == 0);
	CHECK(FOUND(close)(fd) == 0);
}

CLAIM(server, client)
