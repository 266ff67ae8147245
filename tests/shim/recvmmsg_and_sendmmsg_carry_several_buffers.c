/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include <sys/ioctl.h>

#include "stream.h"

#define N 5

static void vectors(struct mmsghdr *m, struct iovec *v, char buf[N][1000])
{
	memset(m, 0, N * sizeof(*m));
	for (int i = 0; i < N; i++) {
		v[i] = (struct iovec){ buf[i], 1000 };
		m[i].msg_hdr = (struct msghdr){ .msg_iov = &v[i], .msg_iovlen = 1 };
	}
}

static void client(int port)
{
	char buf[N][1000];
	struct mmsghdr m[N];
	struct iovec v[N];
	int fd = dial(port);

	greet_server(fd);
	vectors(m, v, buf);
	fill(buf, sizeof(buf), 0);
	show("sendmmsg", sendmmsg(fd, m, N, 0));
	for (int i = 0; i < N; i++)
		say("%u", m[i].msg_len);
	show("of nothing", sendmmsg(fd, m, 0, 0));
	CHECK(shutdown(fd, SHUT_WR) == 0);
	expect_eof(fd);
}

static void server(int port)
{
	char buf[N][1000];
	struct mmsghdr m[N];
	struct iovec v[N];
	int fd = serve_one(port), ready = 0;
	struct timespec bad = { 0, -1 };

	greet_client(fd);
	vectors(m, v, buf);
	while (ready < (int)sizeof(buf)) {
		CHECK(poll_one(fd, POLLIN, 10000) & POLLIN);
		CHECK(ioctl(fd, FIONREAD, &ready) == 0);
	}
	show("bad time", recvmmsg(fd, m, N, 0, &bad));
	show("recvmmsg", recvmmsg(fd, m, 3, 0, NULL));
	show("waiting for one", recvmmsg(fd, m + 3, 2, MSG_WAITFORONE, NULL));
	for (int i = 0; i < N; i++)
		say("%u", m[i].msg_len);
	CHECK(matches(buf, sizeof(buf), 0));
	show("at the end", recvmmsg(fd, m, 2, 0, NULL));
	say("%u %u", m[0].msg_len, m[1].msg_len);
}

CLAIM(server, client)
