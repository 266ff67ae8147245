/* SPDX-License-Identifier: Apache-2.0 */
/* A handler may have interrupted malloc, whose lock it would wait for for ever. So this program's own allocator notes who
 * comes from a handler. Both connections have been spoken on before. */
#include <stdatomic.h>
#include <sys/ioctl.h>

#include "stream.h"

static __thread volatile bool in_handler;
static _Atomic int came;

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void __libc_free(void *p);

#ifndef __SANITIZE_ADDRESS__ /* has an allocator of its own */
static void note(void)
{
	if (in_handler)
		atomic_fetch_add(&came, 1);
}

void *malloc(size_t n)
{
	note();
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	note();
	return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
	note();
	return __libc_realloc(p, n);
}

void free(void *p)
{
	note();
	__libc_free(p);
}
#endif

static int one, two;

static void data(void)
{
	char buf[100];
	struct iovec iov = { buf, sizeof(buf) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	fill(buf, sizeof(buf), 0);
	CHECK(write(one, buf, sizeof(buf)) == sizeof(buf));
	CHECK(send(one, buf, sizeof(buf), MSG_DONTWAIT) == sizeof(buf));
	CHECK(sendmsg(one, &msg, 0) == sizeof(buf));
	CHECK(poll_one(one, POLLIN, 5000) & POLLIN);
	CHECK(recv(one, buf, 10, MSG_PEEK) == 10 && matches(buf, 10, 0));
	CHECK(read(one, buf, 1) == 1 && matches(buf, 1, 0)); /* of a large record */
	CHECK(recvmsg(one, &msg, MSG_DONTWAIT) == sizeof(buf) && matches(buf, sizeof(buf), 1));
}

static void descriptors(void)
{
	int again = dup(one), value, n;
	char c;
	socklen_t len = sizeof(value);

	CHECK(again > 2 && ioctl(one, FIONREAD, &n) == 0 && n > 0);
	CHECK(getsockopt(one, SOL_SOCKET, SO_ERROR, &value, &len) == 0 && value == 0);
	CHECK(fcntl(one, F_GETFL) >= 0 && fcntl(one, F_SETFD, FD_CLOEXEC) == 0);
	CHECK(read(two, &c, 1) == 0); /* or close would start the thread that lingers */
	CHECK(dup2(two, again) == again && close(two) == 0 && close(again) == 0);
	CHECK(shutdown(one, SHUT_WR) == 0);
}

static void on_signal(int sig)
{
	(void)sig;
	in_handler = true;
	data();
	descriptors();
	in_handler = false;
}

static void on_last(int sig)
{
	(void)sig;
	in_handler = true;
	CHECK(close(one) == 0);
	in_handler = false;
	say("last: %d", atomic_load(&came));
	_exit(0);
}

static void client(int port)
{
	one = dial(port);
	greet_server(one);
	two = dial(port);
	greet_server(two);
	CHECK(signal(SIGUSR1, on_signal) != SIG_ERR && signal(SIGUSR2, on_last) != SIG_ERR);
	await("written");
	raise(SIGUSR1);
	show("allocations", atomic_load(&came));
	await("heard");
	read_exactly(one, 101, 899);
	expect_eof(one);
	raise(SIGUSR2);
}

static void server(int port)
{
	int listener = listen_on(port), a, b;

	a = accept_one(listener);
	greet_client(a);
	b = accept_one(listener);
	greet_client(b);
	write_all(a, 0, 1000);
	close(b);
	tell("written");
	for (int i = 0; i < 3; i++)
		read_exactly(a, 0, 100);
	expect_eof(a);
	tell("heard");
	close(a);
}

CLAIM(server, client)
