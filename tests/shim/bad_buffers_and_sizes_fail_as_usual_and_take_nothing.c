/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* Each call that carries data, with buffers that are nowhere and sizes that cannot be.
 * Nothing is taken and nothing sent: afterwards the stream goes on where it was. */
#include "bad_arguments.h"

#define SENT 64

static char good[200];

static void reads(int fd, void *p, size_t n)
{
	struct iovec iov = { p, n }, two[2] = { { good, 3 }, { p, n } }, none[2] = { { p, 0 } };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct msghdr both = { .msg_iov = two, .msg_iovlen = 2 };
	struct mmsghdr one = { .msg_hdr = msg };

	show("read", read(fd, p, n));
	show("recv", recv(fd, p, n, MSG_PEEK));
	show("recv, all", recv(fd, p, n, MSG_PEEK | MSG_WAITALL | MSG_DONTWAIT));
	show("recvfrom", recvfrom(fd, p, n, MSG_PEEK, NULL, NULL));
	show("readv, two", readv(fd, two, 2));
	show("readv, none", readv(fd, none, 2));
	show("preadv2, two", preadv2(fd, two, 2, -1, 0));
	show("recvmsg", recvmsg(fd, &msg, MSG_PEEK));
	show("recvmsg, two", recvmsg(fd, &both, MSG_PEEK));
	show("recvmmsg", recvmmsg(fd, &one, 1, MSG_PEEK, NULL));
}

static void writes(int fd, void *p, size_t n)
{
	struct iovec iov = { p, n }, two[2] = { { good, 3 }, { p, n } }, none[2] = { { p, 0 } };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct msghdr both = { .msg_iov = two, .msg_iovlen = 2 };
	struct mmsghdr one = { .msg_hdr = msg };

	show("write", write(fd, p, n));
	show("send", send(fd, p, n, 0));
	show("sendto", sendto(fd, p, n, 0, NULL, 0));
	show("writev", writev(fd, &iov, 1));
	show("writev, two", writev(fd, two, 2));
	show("writev, none", writev(fd, none, 2));
	show("pwritev2", pwritev2(fd, &iov, 1, -1, 0));
	show("pwritev2, two", pwritev2(fd, two, 2, -1, 0));
	show("sendmsg", sendmsg(fd, &msg, 0));
	show("sendmsg, two", sendmsg(fd, &both, 0));
	show("sendmmsg", sendmmsg(fd, &one, 1, 0));
}

static void nowhere_at_all(int fd)
{
	for (int i = 0; i < NOWHERE; i++) {
		struct iovec iov = { bad(i), 5 };

		say("%s", nowhere[i].name);
		reads(fd, bad(i), 5);
		show("readv", readv(fd, &iov, 1));
		show("preadv2", preadv2(fd, &iov, 1, -1, 0));
		writes(fd, bad(i), 5);
	}
}

/* What a compiler would warn of. */
static size_t of_size(size_t n)
{
	volatile size_t v = n;

	return v;
}

static void too_large(int fd)
{
	static const size_t sizes[] = { SSIZE_MAX, (size_t)SSIZE_MAX + 1, SIZE_MAX };

	for (int i = 0; i < 3; i++) {
		struct iovec iov = { good, of_size(sizes[i]) }, nil = { bad(0), iov.iov_len };

		say("size %zx", sizes[i]);
		reads(fd, good, of_size(sizes[i]));
		show("readv", readv(fd, i ? &iov : &nil, 1));
		writes(fd, bad(0), of_size(sizes[i]));
		show("write", write(fd, good, of_size(sizes[i])));
	}
}

static void vectors(int fd)
{
	static const int counts[] = { 0, 1, -1, IOV_MAX + 1, INT_MAX, INT_MIN };

	for (int i = 0; i < NOWHERE; i++) {
		for (int k = 0; k < 6; k++) {
			const struct iovec *iov = bad(i);
			int n = counts[k];

			say("%s, %d", nowhere[i].name, n);
			show("readv", readv(fd, iov, n));
			show("writev", writev(fd, iov, n));
			show("preadv2", preadv2(fd, iov, n, -1, 0));
			show("pwritev2", pwritev2(fd, iov, n, -1, 0));
		}
	}
}

/* What fits before the end of the good part is delivered, if nothing comes after it. */
static void a_good_part(int fd)
{
	char buf[SENT];
	struct iovec iov[2] = { { buf, SENT }, { bad(0), 1 } };

	show("all in the good part", readv(fd, iov, 2));
	CHECK(matches(buf, SENT, 0));
	show("nothing left", readv(fd, iov, 2));
}

static void server(int port)
{
	int fd = serve_one(port);

	write_all(fd, 0, SENT);
	echo_to_end(fd, 50000);
}

static void client(int port)
{
	int fd = dial(port);

	set_nonblocking(fd, true);
	CHECK(poll_one(fd, POLLIN, 5000) & POLLIN);
	nowhere_at_all(fd);
	too_large(fd);
	vectors(fd);
	a_good_part(fd);
	nowhere_at_all(fd);
	set_nonblocking(fd, false);
	write_all(fd, 0, 50000);
	read_exactly(fd, 0, 50000);
	close(fd);
}

CLAIM(server, client)
