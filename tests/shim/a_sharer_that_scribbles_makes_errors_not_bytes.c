/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused */
/*
 * A child writes nonsense into the memory that it shares with its parent, word by
 * word, while the parent reads and writes. The parent may lose the connection; it
 * never crashes, and no result is larger than its buffer.
 */
#include <sys/ioctl.h>

#include "slots.h"

#define ROUNDS 25
/* shim/arena.h: one page, then slots of 512 bytes that begin with state, flags,
 * holders, keyed, owner, error. */
#define SLOT_WORDS 128
#define STATE 0
#define ERROR 7
#define FAILED 5
#define HELD 40 /* words of a slot that are in use, and some more */

static void lie_about_the_error(void)
{
	volatile int32_t *slot = shared_slots();

	for (int i = 0; i < 4; i++, slot += SLOT_WORDS) {
		slot[ERROR] = -100000;
		slot[STATE] = FAILED;
	}
	exit(0);
}

static void scribble(unsigned seed)
{
	static const int32_t nasty[] = { 0, 1, -1, 4, 5, 16, 22, 23, 20480, 20481, 16645, 69632,
					 INT32_MAX, INT32_MIN, -100000, 4096, 255 };
	volatile int32_t *slot = shared_slots();
	struct timespec until, now;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += 30000000;
	do {
		for (int i = 0; i < 200; i++) {
			int word = rand_r(&seed) % HELD;
			slot[(rand_r(&seed) % 4) * SLOT_WORDS + word] =
				nasty[(unsigned)rand_r(&seed) % (sizeof nasty / sizeof *nasty)];
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec * 1000 + now.tv_nsec / 1000000 <
		 until.tv_sec * 1000 + until.tv_nsec / 1000000);
	exit(0);
}

static void use(int fd)
{
	static const int flags[] = { 0, MSG_PEEK, 0, MSG_WAITALL };
	char buf[8192];
	int n = 0, room = 0;
	socklen_t len = sizeof room;

	for (int i = 0; i < 40; i++) {
		size_t size = i % 3 ? 7 : sizeof buf;
		ssize_t r = recv(fd, buf, size, MSG_DONTWAIT | flags[i % 4]);
		CHECK(r <= (ssize_t)size);
		/* The client may have filled the kernel's queue, whose size grows with it. */
		if (ioctl(fd, FIONREAD, &n) == 0 && getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, &len) == 0)
			CHECK(n >= 0 && n < room + 64 * KIB);
		r = send(fd, buf, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		CHECK(r <= (ssize_t)size);
	}
}

static void server(int port)
{
	int listener = listen_on(port), status;

	for (int i = 0; i < ROUNDS; i++) {
		int fd = accept_one(listener);
		greet_client(fd);
		pid_t pid = spawn_child();
		if (pid == 0 && i == 0)
			lie_about_the_error();
		if (pid == 0)
			scribble((unsigned)i);
		if (i == 0)
			pause_ms(50);
		while (waitpid(pid, &status, WNOHANG) == 0)
			use(fd);
		use(fd);
		close(fd);
	}
}

static void client(int port)
{
	char buf[8192] = { 0 };

	for (int i = 0; i < ROUNDS; i++) {
		int fd = dial(port);
		greet_server(fd);
		set_nonblocking(fd, true);
		for (;;) {
			while (send(fd, buf, (size_t)(1 + rand() % 8192), MSG_NOSIGNAL) > 0)
				;
			poll_one(fd, POLLIN, 20);
			ssize_t r = read(fd, buf, sizeof buf);
			if (r == 0 || (r < 0 && errno != EAGAIN))
				break;
		}
		close(fd);
	}
}

CLAIM(server, client)
