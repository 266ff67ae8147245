/* SPDX-License-Identifier: Apache-2.0 */
/* Preloaded into programs with TLS of their own that leave Nagle's algorithm on where they send one record after the
 * other: 64 KiB values crawl then, and what is compared would be 40 ms timers. */
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t) = dlsym(RTLD_NEXT, "connect");
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return real(fd, addr, len);
}
