/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the programs of tests/shim share. Each plays `PROGRAM server PORT` and
 * `PROGRAM client PORT` (or `PROGRAM alone PORT`) and writes what it saw to
 * standard output: returns, errno names, poll bits, counts. No times, no
 * descriptor numbers, so that the transcripts of a run without svidwrap, under a
 * bypass policy and under mutual TLS can be compared. It exits 0 only if what
 * its name claims was seen.
 *
 * Sources say how they are run in a line of their head comment, "run: WORD...":
 *   alone       one process
 *   no-tls      no handshake is expected under mutual TLS
 *   relay       under mutual TLS, through the recording relay
 *   refused     under mutual TLS only
 *   tool        not a claim; another script runs it
 */
#ifndef SVIDWRAP_TESTS_SHIM_CLAIM_H
#define SVIDWRAP_TESTS_SHIM_CLAIM_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __SANITIZE_ADDRESS__
/* For what is executed with a cleaned environment; otherwise tests/check.sh says it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "verify_asan_link_order=0:detect_leaks=0"; }
#endif

#define KIB 1024
#define MIB (1024 * 1024)
#define SKIPPED 77

/* Where the transcript goes: a claim about standard output moves it. */
static int say_fd __attribute__((unused)) = 1;

/* One line of the transcript, in one write: forked processes share it. */
__attribute__((format(printf, 1, 2))) static inline void say(const char *fmt, ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(line, sizeof(line) - 1, fmt, ap);
	va_end(ap);
	if (n > (int)sizeof(line) - 2)
		n = (int)sizeof(line) - 2;
	line[n++] = '\n';
	if (write(say_fd, line, (size_t)n) != n)
		_exit(2);
}

static inline const char *errno_name(int e)
{
	const char *name = strerrorname_np(e);

	return name ? name : "?";
}

/* Ends the program with a line that says where and why. */
#define CHECK(cond)                                                                  \
	do {                                                                         \
		if (!(cond)) {                                                       \
			say("line %d: not so: %s (errno %s)", __LINE__, #cond,       \
			    errno_name(errno));                                      \
			_exit(1);                                                    \
		}                                                                    \
	} while (0)

/* "read = 5" or "read = -1 EAGAIN" */
static inline void show(const char *what, long ret)
{
	if (ret == -1)
		say("%s = -1 %s", what, errno_name(errno));
	else
		say("%s = %ld", what, ret);
}

static inline void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

/* ---- the two processes of a claim meet through files, not sockets ---- */

static inline void meeting_path(char path[512], const char *name)
{
	const char *dir = getenv("CLAIM_DIR");

	snprintf(path, 512, "%s/%s", dir ? dir : ".", name);
}

static inline void tell(const char *name)
{
	char path[512];

	meeting_path(path, name);
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	CHECK(fd >= 0);
	close(fd);
}

static inline void await_file(const char *name)
{
	char path[512];

	meeting_path(path, name);
	for (int i = 0; access(path, F_OK) < 0; i++) {
		CHECK(i < 15000);
		pause_ms(1);
	}
}

/* What the peer sent before it told has arrived too: loopback takes an instant,
 * Nagle's algorithm a delayed ACK of 40 ms. */
static inline void await(const char *name)
{
	await_file(name);
	pause_ms(50);
}

/* ---- sockets ---- */

static inline struct sockaddr_in loopback(int port)
{
	struct sockaddr_in sin = { .sin_family = AF_INET,
				   .sin_port = htons((uint16_t)port),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	return sin;
}

static inline int listen_on(int port)
{
	struct sockaddr_in sin = loopback(port);
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	CHECK(bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	CHECK(listen(fd, 256) == 0);
	tell("listening");
	return fd;
}

static inline int accept_one(int listener)
{
	int fd = accept(listener, NULL, NULL);

	CHECK(fd >= 0);
	return fd;
}

static inline int serve_one(int port)
{
	int listener = listen_on(port);
	int fd = accept_one(listener);

	close(listener);
	return fd;
}

static inline int try_connect(int fd, int port)
{
	struct sockaddr_in sin = loopback(port);

	return connect(fd, (struct sockaddr *)&sin, sizeof(sin));
}

static inline int dial(int port)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	CHECK(fd >= 0);
	CHECK(try_connect(fd, port) == 0);
	return fd;
}

static inline void set_nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	CHECK(flags >= 0);
	flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	CHECK(fcntl(fd, F_SETFL, flags) == 0);
}

/* poll of one descriptor; 0 after ms without an event. */
static inline int poll_one(int fd, short events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	int n;

	do
		n = poll(&p, 1, ms);
	while (n < 0 && errno == EINTR);
	CHECK(n >= 0);
	return n ? p.revents : 0;
}

static inline void show_events(const char *what, int ev)
{
	say("%s:%s%s%s%s%s%s", what, ev & POLLIN ? " POLLIN" : "",
	    ev & POLLOUT ? " POLLOUT" : "", ev & POLLRDHUP ? " POLLRDHUP" : "",
	    ev & POLLHUP ? " POLLHUP" : "", ev & POLLERR ? " POLLERR" : "",
	    ev & POLLNVAL ? " POLLNVAL" : "");
}

static inline void expect_eof(int fd)
{
	char c;

	CHECK(read(fd, &c, 1) == 0);
}

/* One byte each way: both sides are certain that the connection is up. */
static inline void greet_server(int fd)
{
	char c = 'h';

	CHECK(write(fd, &c, 1) == 1);
	CHECK(read(fd, &c, 1) == 1 && c == 'H');
}

static inline void greet_client(int fd)
{
	char c;

	CHECK(read(fd, &c, 1) == 1 && c == 'h');
	CHECK(write(fd, "H", 1) == 1);
}

/* ---- processes ---- */

/* fork; the child cannot outlive a hung test by much. */
static inline pid_t spawn_child(void)
{
	pid_t pid = fork();

	CHECK(pid >= 0);
	if (pid == 0)
		alarm(20);
	return pid;
}

static inline void reap(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		CHECK(errno == EINTR);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		say("child ended with %s %d", WIFEXITED(status) ? "status" : "signal",
		    WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

typedef void role_fn(int port);

static inline int claim_main(int argc, char **argv, role_fn *server, role_fn *client,
			     role_fn *alone)
{
	if (argc != 3)
		return 2;
	int port = atoi(argv[2]);
	if (server && strcmp(argv[1], "server") == 0) {
		server(port);
	} else if (client && strcmp(argv[1], "client") == 0) {
		await_file("listening");
		client(port);
	} else if (alone && strcmp(argv[1], "alone") == 0) {
		alone(port);
	} else {
		return 2;
	}
	say("done");
	return 0;
}

#define CLAIM(server, client)                                 \
	int main(int argc, char **argv)                       \
	{                                                     \
		return claim_main(argc, argv, server, client, NULL); \
	}
#define CLAIM_ALONE(alone)                                  \
	int main(int argc, char **argv)                     \
	{                                                   \
		return claim_main(argc, argv, NULL, NULL, alone); \
	}

#endif
