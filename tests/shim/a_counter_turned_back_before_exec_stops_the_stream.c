/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused */
/*
 * Somebody turns the number of the next record, in shared memory, back just before an
 * exec. The executed program has the keys; it must not seal a second record under a
 * number that the one before it has used (RFC 8446 5.3).
 */
#include "slots.h"

#define RECORDS 77 /* the greeting's included; no other word of a slot holds it */
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
}

static void server(int port)
{
	char self[512], text[16];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	int fd = serve_one(port);

	CHECK(n > 0);
	self[n] = '\0';
	greet_client(fd);
	for (int i = 1; i < RECORDS; i++)
		CHECK(write(fd, "r", 1) == 1);
	turn_back();
	snprintf(text, sizeof(text), "%d", fd);
	execl(self, self, "executed", text, NULL);
	CHECK(!"executed");
}

static int executed(int fd)
{
	for (int i = 0; i < 3; i++) {
		CHECK(send(fd, "s", 1, MSG_NOSIGNAL) == -1);
		CHECK(errno == ECONNRESET || errno == EPIPE);
	}
	close(fd);
	return 0;
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

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "executed") == 0)
		return executed(atoi(argv[2]));
	return claim_main(argc, argv, server, client, NULL);
}
