/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused */
/*
 * A child finds the number of the next record in the memory that it shares with its
 * parent and turns it back. The parent would seal a second record under a number that
 * it has used (RFC 8446 5.3); it must send nothing instead.
 */
#include "slots.h"

#define RECORDS 77 /* the greeting's included; no other word of a slot holds it */
/* shim/arena.h: one page, then slots of 512 bytes. */
#define SLOTS 4
#define SLOT_LONGS 64

static void turn_back(void)
{
	volatile uint64_t *word = shared_slots();
	int found = 0;

	for (int i = 0; i < SLOTS * SLOT_LONGS; i++) {
		if (word[i] != RECORDS)
			continue;
		word[i] = RECORDS - 3;
		found++;
	}
	CHECK(found == 1);
	_exit(0);
}

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	for (int i = 1; i < RECORDS; i++)
		CHECK(write(fd, "r", 1) == 1);
	pid_t pid = spawn_child();
	if (pid == 0)
		turn_back();
	reap(pid);
	for (int i = 0; i < 3; i++) {
		CHECK(send(fd, "s", 1, MSG_NOSIGNAL) == -1);
		CHECK(errno == ECONNRESET || errno == EPIPE);
	}
	close(fd);
}

static void client(int port)
{
	int fd = dial(port);
	int n = 0;
	char c;

	greet_server(fd);
	while (read(fd, &c, 1) == 1 && c == 'r')
		n++;
	say("%d records", n);
	CHECK(n == RECORDS - 1);
}

CLAIM(server, client)
