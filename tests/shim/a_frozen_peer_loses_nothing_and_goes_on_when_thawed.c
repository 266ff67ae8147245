/* SPDX-License-Identifier: Apache-2.0 */
/* By SIGSTOP and by a cgroup's freezer: right after a connect that did not wait (the
 * handshake is under way), and in the middle of a transfer each way. Meanwhile the other
 * side's timeouts are its own. */
#include <sys/mman.h>
#include <sys/time.h>

#include "frozen.h"
#include "lingering.h"

#define ALL (4 * MIB) /* far more than is ever on its way */
#define SOME (256 * KIB)
#define ROUNDS 2

static _Atomic uint64_t *progress; /* of the child that gets frozen */

static void limit_reads(int fd, long ms)
{
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv)) == 0);
}

/* Steps of its own size; each read and write may be where it is frozen. */
static void give(int fd)
{
	for (uint64_t at = 0; at < ALL; at += 8 * KIB) {
		write_all(fd, at, 8 * KIB);
		*progress = at + 8 * KIB;
	}
}

static void take(int fd)
{
	for (uint64_t at = 0; at < ALL; at += 8 * KIB) {
		read_exactly(fd, at, 8 * KIB);
		*progress = at + 8 * KIB;
	}
}

static void await_progress(uint64_t n)
{
	for (int i = 0; *progress < n; i++) {
		CHECK(i < 15000);
		pause_ms(1);
	}
}

static void frozen_child(int port, int go, int round)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), small = 32 * KIB;
	char c;

	CHECK(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
	set_nonblocking(fd, true);
	int r = try_connect(fd, port);
	CHECK(r == 0 || errno == EINPROGRESS);
	*progress = 1;
	CHECK(read(go, &c, 1) == 1); /* frozen here for the first time */
	CHECK(poll_one(fd, POLLOUT, 5000) & POLLOUT);
	set_nonblocking(fd, false);
	give(fd);
	*progress = 0;
	tell(round_name("given", round));
	take(fd);
	close(fd);
}

static void client_round(int port, int round)
{
	int go[2];

	*progress = 0;
	CHECK(pipe(go) == 0);
	pid_t pid = spawn_child();
	if (pid == 0) {
		end_with_parent();
		frozen_child(port, go[0], round);
		_exit(0);
	}
	struct freezer f = freezer_of(pid, round == 1);
	await_progress(1);
	freeze(&f);
	CHECK(write(go[1], "x", 1) == 1);
	tell(round_name("connected", round));
	await_file(round_name("waited", round));
	thaw(&f);
	await_progress(SOME);
	freeze(&f);
	tell(round_name("amid", round));
	await_file(round_name("emptied", round));
	thaw(&f);
	await_file(round_name("giving", round));
	await_progress(8 * KIB);
	freeze(&f);
	tell(round_name("full", round));
	await_file(round_name("filled", round));
	thaw(&f);
	reap(pid);
	freezer_end(&f);
	close(go[0]);
	close(go[1]);
}

static void client(int port)
{
	progress = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(progress != MAP_FAILED);
	for (int i = 0; i < ROUNDS; i++)
		client_round(port, i);
}

/* Until a read times out; returns how far that was. */
static uint64_t read_until_silent(int fd, uint64_t at)
{
	char buf[8 * KIB];
	ssize_t r;

	while ((r = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(matches(buf, (size_t)r, at));
		at += (uint64_t)r;
	}
	CHECK(r == -1 && errno == EAGAIN);
	return at;
}

/* Until there has been no room for a while; returns how far that was. */
static uint64_t write_until_full(int fd, uint64_t at)
{
	char buf[8 * KIB];

	set_nonblocking(fd, true);
	while (poll_one(fd, POLLOUT, 200) & POLLOUT) {
		fill(buf, sizeof(buf), at);
		ssize_t r = write(fd, buf, sizeof(buf));
		CHECK(r > 0 || errno == EAGAIN);
		at += r > 0 ? (uint64_t)r : 0;
		CHECK(at < ALL);
	}
	set_nonblocking(fd, false);
	return at;
}

static void server_round(int listener, int round)
{
	int fd = accept_one(listener);
	uint64_t at;
	char c;

	await_file(round_name("connected", round));
	limit_reads(fd, 200);
	show("read of a frozen client", read(fd, &c, 1));
	tell(round_name("waited", round));
	limit_reads(fd, 0);
	read_exactly(fd, 0, SOME);
	await_file(round_name("amid", round));
	limit_reads(fd, 200);
	at = read_until_silent(fd, SOME);
	CHECK(at < ALL);
	tell(round_name("emptied", round));
	limit_reads(fd, 0);
	read_exactly(fd, at, ALL - at);
	await_file(round_name("given", round));
	write_all(fd, 0, 16 * KIB);
	tell(round_name("giving", round));
	await_file(round_name("full", round));
	at = write_until_full(fd, 16 * KIB);
	tell(round_name("filled", round));
	write_all(fd, at, ALL - at);
	expect_eof(fd);
	close(fd);
}

static void server(int port)
{
	int listener = listen_on(port), small = 32 * KIB;

	CHECK(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
	CHECK(setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)) == 0);
	for (int i = 0; i < ROUNDS; i++)
		server_round(listener, i);
}

CLAIM(server, client)
