/* SPDX-License-Identifier: Apache-2.0 */
#include "tcp_up.h"

#include <netinet/tcp.h>

#include "kernel.h"

/* TCP_FASTOPEN_CONNECT, and the kernel had a cookie: no SYN goes before the first
 * write, and that is a handshake away. -EAGAIN, or why it will never be up. */
static int start_put_off(int fd)
{
	ssize_t n = k_send(fd, "", 0, 0);

	return n < 0 && n != -EINPROGRESS ? (int)n : -EAGAIN;
}

int tcp_up(struct conn *c, int fd)
{
	union address peer;
	socklen_t len = sizeof peer;
	char byte;
	ssize_t n;

	if (KERNEL(SYS_getpeername, fd, &peer, &len) == 0) {
		len = sizeof c->local;
		KERNEL(SYS_getsockname, fd, &c->local, &len);
		conn_event(c, EV_TCP_UP);
		return 0;
	}
	n = k_recv(fd, &byte, 1, MSG_PEEK); /* delivers the socket's error */
	if (n == -EAGAIN && k_getsockopt_int(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT))
		return start_put_off(fd);
	return n < 0 ? (int)n : -ENOTCONN;
}
