/* SPDX-License-Identifier: Apache-2.0 */
/* run: alone no-tls */
#include <sys/un.h>

#include "stream.h"

static void both_ways(const char *what, int a, int b)
{
	write_all(a, 0, 1000);
	read_exactly(b, 0, 1000);
	say("%s: 1000 bytes", what);
}

static void pass_descriptor(int a, int b)
{
	int pipes[2], got = -1;
	union { char buf[CMSG_SPACE(sizeof(int))]; struct cmsghdr align; } u = { 0 };
	char c = 'd';
	struct iovec iov = { &c, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = u.buf, .msg_controllen = sizeof(u.buf) };
	struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);

	CHECK(pipe(pipes) == 0);
	cm->cmsg_level = SOL_SOCKET;
	cm->cmsg_type = SCM_RIGHTS;
	cm->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cm), &pipes[1], sizeof(int));
	CHECK(sendmsg(a, &msg, 0) == 1);
	memset(u.buf, 0, sizeof(u.buf));
	CHECK(recvmsg(b, &msg, 0) == 1);
	cm = CMSG_FIRSTHDR(&msg);
	CHECK(cm && cm->cmsg_type == SCM_RIGHTS);
	memcpy(&got, CMSG_DATA(cm), sizeof(int));
	both_ways("a pipe's end, passed on", got, pipes[0]);
}

static void alone(int port)
{
	int sv[2];

	CHECK(pipe(sv) == 0);
	both_ways("pipe", sv[1], sv[0]);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	both_ways("unix stream", sv[0], sv[1]);
	pass_descriptor(sv[0], sv[1]);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv) == 0);
	both_ways("unix datagram", sv[0], sv[1]);

	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char path[512];
	meeting_path(path, "s");
	CHECK(strlen(path) < sizeof(sun.sun_path));
	strcpy(sun.sun_path, path);
	int l = socket(AF_UNIX, SOCK_STREAM, 0), c = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK(bind(l, (struct sockaddr *)&sun, sizeof(sun)) == 0 && listen(l, 1) == 0);
	CHECK(connect(c, (struct sockaddr *)&sun, sizeof(sun)) == 0);
	both_ways("unix listener", c, accept(l, NULL, NULL));

	/* UDP on the very port that the policy names. */
	struct sockaddr_in sin = loopback(port);
	int u = socket(AF_INET, SOCK_DGRAM, 0), v = socket(AF_INET, SOCK_DGRAM, 0);
	CHECK(bind(u, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	CHECK(connect(v, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	both_ways("UDP", v, u);
}

CLAIM_ALONE(alone)
