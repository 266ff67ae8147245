/* SPDX-License-Identifier: Apache-2.0 */
/* run: alone no-tls */
#include <sys/uio.h>

#include "claim.h"

static void all_calls(int fd)
{
	char c = 'x';
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	show("read", read(fd, &c, 1));
	show("write", write(fd, &c, 1));
	show("readv", readv(fd, &iov, 1));
	show("writev", writev(fd, &iov, 1));
	show("recv", recv(fd, &c, 1, MSG_DONTWAIT));
	show("send", send(fd, &c, 1, MSG_NOSIGNAL));
	show("recvmsg", recvmsg(fd, &msg, 0));
	show("sendmsg", sendmsg(fd, &msg, MSG_NOSIGNAL));
	show("shutdown", shutdown(fd, SHUT_RDWR));
	show("accept", accept(fd, NULL, NULL));
}

static void alone(int port)
{
	signal(SIGPIPE, SIG_IGN);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	say("unconnected");
	all_calls(fd);
	close(fd);
	say("closed");
	all_calls(fd);
	show("close", close(fd));
	show("dup", dup(fd));
	show("fcntl", fcntl(fd, F_GETFL));
	say("-1");
	all_calls(-1);
	show("close", close(-1));
	say("beyond any table");
	all_calls(1 << 30);
}

CLAIM_ALONE(alone)
