/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single calls, to be counted: `calls OP COUNT PORT` makes COUNT of them inside counted(), where callgrind's
 * --toggle-collect looks, after a few that are not counted. `calls serve PORT` is the other side of those on a
 * connection, `calls come PORT COUNT` that of accept-handshake. Nothing but the call itself is inside: what would make
 * a call wait has been awaited before.
 */
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "loopback.h"

#define LARGE 16384

/* What one side says and the other answers, for ever; the first words on a connection. */
struct talk {
	uint32_t request, reply;
};

struct job {
	int fd;	 /* the connection, or what listens */
	int out; /* what has been connected to it */
	int port;
	struct talk talk;
	char buf[LARGE];
};

static void read_all(int fd, char *buf, size_t len)
{
	while (len) {
		ssize_t n = read(fd, buf, len);
		if (n <= 0)
			die("read");
		buf += n;
		len -= (size_t)n;
	}
}

static void write_all(int fd, const char *buf, size_t len)
{
	if (write(fd, buf, len) != (ssize_t)len)
		die("write");
}

/* A connection on which the other side has spoken: its handshake is over. */
static int open_talk(int port, struct talk talk)
{
	char ready;
	int fd = connect_to(port), one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	write_all(fd, (char *)&talk, sizeof(talk));
	read_all(fd, &ready, 1);
	return fd;
}

static void say_all(struct job *j) { write_all(j->fd, j->buf, j->talk.request); }
static void hear_all(struct job *j) { read_all(j->fd, j->buf, j->talk.reply); }
static void say_and_await(struct job *j)
{
	struct pollfd p = { .fd = j->fd, .events = POLLIN };

	say_all(j);
	if (poll(&p, 1, 10000) != 1)
		die("poll");
}

static void one_byte_in(struct job *j) { read_all(j->fd, j->buf, 1); }
static void one_byte_out(struct job *j) { write_all(j->fd, j->buf, 1); }

static void client_handshake(struct job *j) { close(open_talk(j->port, j->talk)); }
static void server_handshake(struct job *j)
{
	struct talk t;
	int fd = accept(j->fd, NULL, NULL);

	read_all(fd, (char *)&t, sizeof(t));
	write_all(fd, "!", 1);
	close(fd);
}

static void new_socket(struct job *j) { j->out = socket(AF_INET, SOCK_STREAM, 0); }
static void connect_only(struct job *j)
{
	struct sockaddr_in addr = address(j->port);

	if (connect(j->out, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		die("connect");
}
static void drop(struct job *j)
{
	close(j->out);
	close(accept(j->fd, NULL, NULL));
}

static void nothing(struct job *j) {}

static const struct op {
	const char *name;
	void (*before)(struct job *j), (*call)(struct job *j), (*after)(struct job *j);
	struct talk talk; /* 0: no connection is needed */
	const char *file;    /* instead */
	int (*socket)(int port);
} ops[] = {
	{ "unmanaged-read", nothing, one_byte_in, nothing, .file = "/dev/zero" },
	{ "unmanaged-write", nothing, one_byte_out, nothing, .file = "/dev/null" },
	{ "small-write", nothing, say_all, hear_all, .talk = { 32, 32 } },
	{ "small-read", say_and_await, hear_all, nothing, .talk = { 32, 32 } },
	{ "16k-write", nothing, say_all, hear_all, .talk = { LARGE, 1 } },
	{ "16k-read", say_and_await, hear_all, nothing, .talk = { 1, LARGE } },
	{ "connect", new_socket, connect_only, drop, .socket = listen_on },
	{ "connect-handshake", nothing, client_handshake, nothing, .socket = NULL },
	{ "accept-handshake", nothing, server_handshake, nothing, .socket = listen_on },
};

/* What is counted is in here. */
__attribute__((noinline)) void counted(const struct op *op, struct job *j);
void counted(const struct op *op, struct job *j)
{
	op->call(j);
}

static int make(const struct op *op, int count, int port)
{
	static struct job j;

	j.talk = op->talk;
	j.port = port;
	if (op->talk.request)
		j.fd = open_talk(port, op->talk);
	else if (op->socket)
		j.fd = op->socket(port);
	else if (op->file && (j.fd = open(op->file, O_RDWR)) < 0)
		die(op->file);
	for (int i = 0; i < WARM + count; i++) {
		op->before(&j);
		if (i < WARM)
			op->call(&j);
		else
			counted(op, &j);
		op->after(&j);
	}
	return 0;
}

static void serve(int port)
{
	static char buf[LARGE];
	int listener = listen_on(port), one = 1;

	for (;;) {
		struct talk t;
		int fd = accept(listener, NULL, NULL);
		size_t got = 0;
		ssize_t n = fd < 0 ? -1 : read(fd, &t, sizeof(t));

		if (n != sizeof(t) || t.request > LARGE || t.reply > LARGE)
			die("accept");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		write_all(fd, "!", 1);
		while (t.request && (n = read(fd, buf, t.request - got)) > 0)
			if ((got += (size_t)n) == t.request) {
				write_all(fd, buf, t.reply);
				got = 0;
			}
		close(fd);
	}
}

int main(int argc, char **argv)
{
	int number = argc > 2 ? atoi(argv[2]) : 0;

	if (argc == 3 && strcmp(argv[1], "serve") == 0)
		serve(number);
	for (size_t i = 0; argc == 4 && i < sizeof(ops) / sizeof(*ops); i++)
		if (strcmp(argv[1], ops[i].name) == 0)
			return make(&ops[i], number, atoi(argv[3]));
	if (argc == 4 && strcmp(argv[1], "come") == 0) {
		for (int i = atoi(argv[3]) + WARM; i > 0; i--)
			close(open_talk(number, (struct talk){ 0, 0 }));
		return 0;
	}
	fprintf(stderr, "usage: calls serve PORT | calls come PORT COUNT | calls OP COUNT PORT\n");
	return 2;
}
