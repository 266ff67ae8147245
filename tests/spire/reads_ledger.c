/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A library that a user preloads into a program which is not his: it asks the server on port $LEDGER for the balance,
 * as whatever that program is, and prints the answer.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before main, and instead of it. */
__attribute__((constructor)) static void act(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(atoi(getenv("LEDGER"))) };
	static const char ask[] = "GET /balance HTTP/1.0\r\n\r\n";
	char buf[4096];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	ssize_t n;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&a, sizeof a) == 0 && write(fd, ask, strlen(ask)) > 0)
		while ((n = read(fd, buf, sizeof buf)) > 0)
			fwrite(buf, 1, (size_t)n, stdout);
	fflush(stdout);
	_exit(7);
}
