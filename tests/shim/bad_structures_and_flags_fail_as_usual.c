/* SPDX-License-Identifier: Apache-2.0 */
/* Pointers to structures that are nowhere, counts and lengths that cannot be, flags that
 * mean nothing: on an established connection, with data to read. */
#include <sys/select.h>
#include <sys/sendfile.h>

#include "bad_arguments.h"

#define SENT 64
#ifdef __SANITIZE_ADDRESS__ /* it looks at what it is shown before the kernel does */
#define PLACES 1
#else
#define PLACES NOWHERE
#endif
#define PEEK (MSG_PEEK | MSG_DONTWAIT)

static char byte = 'x';
static int written; /* what the server is to hear */

static void count(const char *what, long r)
{
	show(what, r);
	written += r > 0 ? (int)r : 0;
}

static void messages(int fd, void *p)
{
	struct iovec iov = { &byte, 1 };
	struct msghdr vector = { .msg_iov = p, .msg_iovlen = 1 };
	struct msghdr none = { .msg_iov = p };
	struct msghdr many = { .msg_iov = p, .msg_iovlen = IOV_MAX + 1 };
	struct msghdr more = { .msg_iov = p, .msg_iovlen = (size_t)1 << 32 };
	struct mmsghdr two[2] = { { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } },
				  { .msg_hdr = vector } };

	show("recvmsg", recvmsg(fd, p, 0));
	show("sendmsg", sendmsg(fd, p, 0));
	show("recvmmsg", recvmmsg(fd, p, 1, 0, NULL));
	show("sendmmsg", sendmmsg(fd, p, 1, 0));
	show("recvmmsg of none", recvmmsg(fd, p, 0, 0, NULL));
	show("sendmmsg of none", sendmmsg(fd, p, 0, 0));
	show("recvmsg, vector", recvmsg(fd, &vector, 0));
	show("sendmsg, vector", sendmsg(fd, &vector, 0));
	show("recvmsg, no vector", recvmsg(fd, &none, PEEK));
	show("sendmsg, no vector", sendmsg(fd, &none, 0));
	show("recvmsg, too many", recvmsg(fd, &many, 0));
	show("sendmsg, too many", sendmsg(fd, &many, 0));
	show("recvmsg, 2^32", recvmsg(fd, &more, 0));
	show("sendmsg, 2^32", sendmsg(fd, &more, 0));
	int r = sendmmsg(fd, two, 2, 0);
	count("sendmmsg, the second", r);
}

static void around_messages(int fd, void *p)
{
	struct iovec iov = { &byte, 1 };
	struct msghdr name = { .msg_name = p, .msg_namelen = 16, .msg_iov = &iov, .msg_iovlen = 1 };
	struct msghdr below = { .msg_name = p, .msg_namelen = (socklen_t)-1, .msg_iov = &iov,
				.msg_iovlen = 1 };
	struct msghdr control = { .msg_control = p, .msg_controllen = 16, .msg_iov = &iov,
				  .msg_iovlen = 1 };
	struct msghdr huge = { .msg_control = p, .msg_controllen = SIZE_MAX, .msg_iov = &iov,
			       .msg_iovlen = 1 };
	struct mmsghdr one = { .msg_hdr = { .msg_iov = &iov, .msg_iovlen = 1 } };

	count("sendmsg, name", sendmsg(fd, &name, 0));
	count("sendmsg, name of -1", sendmsg(fd, &below, 0));
	count("sendmsg, control", sendmsg(fd, &control, 0));
	count("sendmsg, control of SIZE_MAX", sendmsg(fd, &huge, 0));
	name.msg_namelen = 16;
	below.msg_namelen = (socklen_t)-1;
	show("recvmsg, name", recvmsg(fd, &name, PEEK));
	show("recvmsg, name of -1", recvmsg(fd, &below, PEEK));
	show("recvmsg, control", recvmsg(fd, &control, PEEK));
	if (p)
		show("recvmmsg, time", recvmmsg(fd, &one, 1, PEEK, p));
}

static void addresses(int fd, int listener, void *p)
{
	struct sockaddr_storage sa;
	socklen_t below = (socklen_t)-1, len = sizeof(sa);
	struct sockaddr *to = (struct sockaddr *)&sa;

	count("sendto", sendto(fd, &byte, 1, 0, p, 16));
	count("sendto, of 1000", sendto(fd, &byte, 1, 0, p, 1000));
	count("sendto, of -1", sendto(fd, &byte, 1, 0, p, below));
	show("recvfrom", recvfrom(fd, &byte, 1, PEEK, p, &len));
	show("recvfrom, length", recvfrom(fd, &byte, 1, PEEK, to, p));
	show("recvfrom, of -1", recvfrom(fd, &byte, 1, PEEK, to, &below));
	show("connect", connect(fd, p, 16));
	show("getpeername", getpeername(fd, p, &len));
	show("accept", accept(listener, p, &len));
	if (PLACES > 1)
		show("accept, length", accept(listener, to, p));
}

static void options(int fd, void *p)
{
	socklen_t len = 4, below = (socklen_t)-1;
	int v = 1;

	show("FIONREAD", ioctl(fd, FIONREAD, p));
	show("FIONBIO", ioctl(fd, FIONBIO, p));
	show("SO_ERROR", getsockopt(fd, SOL_SOCKET, SO_ERROR, p, &len));
	show("SO_ERROR, length", getsockopt(fd, SOL_SOCKET, SO_ERROR, &v, p));
	show("SO_RCVLOWAT", getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, p, &len));
	show("SO_RCVLOWAT, length", getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &v, p));
	show("SO_RCVLOWAT, of -1", getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &v, &below));
	show("set SO_RCVLOWAT", setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, p, 4));
	show("set SO_RCVLOWAT, of 2", setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &v, 2));
	show("set SO_RCVLOWAT, of -1", setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &v, below));
}

static void waiting_and_files(int fd, void *p)
{
	struct pollfd one = { .fd = fd };
	struct timeval now = { 0, 0 };
	volatile nfds_t too_many = (nfds_t)-1;
	int pipe_fds[2];

	CHECK(pipe(pipe_fds) == 0 && write(pipe_fds[1], "abc", 3) == 3);
	show("poll", poll(p, 1, 0));
	show("poll of none", poll(p, 0, 0));
	if (PLACES > 1)
		show("poll of too many", poll(&one, too_many, 0));
	if (p)
		show("select", select(fd + 1, p, NULL, NULL, &now));
	show("select of -1", select(-1, NULL, NULL, NULL, &now));
	if (p) {
		show("sendfile", sendfile(fd, pipe_fds[0], p, 3));
		show("splice", splice(pipe_fds[0], p, fd, NULL, 3, 0));
	}
	show("splice, flags", splice(pipe_fds[0], NULL, fd, NULL, 3, 1u << 20));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

/* Refused ones aside: MSG_OOB, MSG_ZEROCOPY, MSG_FASTOPEN. */
static void flags(int fd)
{
	for (int bit = 0; bit < 32; bit++) {
		int flag = (int)(1u << bit);
		struct iovec iov = { &byte, 1 };
		struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
		struct mmsghdr one = { .msg_hdr = msg };

		if (flag & (MSG_OOB | MSG_ZEROCOPY | MSG_FASTOPEN | MSG_TRUNC))
			continue;
		say("bit %d", bit);
		show("recv", recv(fd, &byte, 1, PEEK | flag));
		show("recvmsg", recvmsg(fd, &msg, PEEK | flag));
		show("recvmmsg", recvmmsg(fd, &one, 1, PEEK | flag, NULL));
		count("send", send(fd, &byte, 1, flag));
		count("sendmsg", sendmsg(fd, &msg, flag));
		count("sendmmsg", sendmmsg(fd, &one, 1, flag));
		if (bit < 9 && bit != 6)
			continue; /* each kernel knows a few more */
		show("preadv2", preadv2(fd, &iov, 1, -1, flag));
		count("pwritev2", pwritev2(fd, &iov, 1, -1, flag));
	}
}

static void server(int port)
{
	int fd = serve_one(port), n = 0;
	char c;

	write_all(fd, 0, SENT);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	while (read(fd, &c, 1) == 1)
		n++;
	say("heard %d", n);
	close(fd);
}

static void client(int port)
{
	int fd = dial(port), listener = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(listen(listener, 8) == 0);
	set_nonblocking(listener, true);
	CHECK(poll_one(fd, POLLIN, 5000) & POLLIN);
	for (int i = 0; i < PLACES; i++) {
		say("%s", nowhere[i].name);
		messages(fd, bad(i));
		around_messages(fd, bad(i));
		addresses(fd, listener, bad(i));
		options(fd, bad(i));
		waiting_and_files(fd, bad(i));
	}
	flags(fd);
	say("written %d", written);
	CHECK(shutdown(fd, SHUT_WR) == 0);
	read_exactly(fd, 0, SENT);
	expect_eof(fd);
	close(fd);
}

CLAIM(server, client)
