/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* A daemon that has closed 0 and 1 gets them for what it accepts: what it prints then goes to
 * its clients, as it does bare. */
#include "stream.h"

static void server(int port)
{
	int listener = listen_on(port), out = dup(1);
	char word[32];

	say_fd = out;
	fputs("held ", stdout);
	close(0);
	close(1);
	for (int fd = 0; fd < 2; fd++) {
		CHECK(accept_one(listener) == fd);
		greet_client(fd);
	}
	printf("%s printed\n", MARKER);
	CHECK(fflush(stdout) == 0);
	CHECK(scanf("%31s", word) == 1);
	say("scanned %s", word);
}

static void client(int port)
{
	int first = dial(port), second;
	char line[64];
	FILE *f;

	greet_server(first);
	second = dial(port);
	greet_server(second);
	f = fdopen(second, "r");

	CHECK(f && write(first, "word\n", 5) == 5);
	CHECK(fgets(line, sizeof(line), f));
	say("%.*s", (int)strcspn(line, "\n"), line);
	fclose(f);
	close(first);
}

CLAIM(server, client)
