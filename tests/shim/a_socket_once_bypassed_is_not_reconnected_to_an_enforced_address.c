/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/* A stream or another number, made while the policy had no say, would write plaintext there. */
#include "refused.h"

static void client(int port)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in open_door = loopback(port);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd = socket(AF_INET, SOCK_STREAM, 0);

	open_door.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1); /* run.sh's bypass rule */
	CHECK(bind(listener, (struct sockaddr *)&open_door, sizeof(open_door)) == 0);
	CHECK(listen(listener, 5) == 0);
	CHECK(connect(fd, (struct sockaddr *)&open_door, sizeof(open_door)) == 0);
	FILE *f = fdopen(fd, "r+");
	CHECK(f && connect(fd, &none, sizeof(none)) == 0);
	signal(SIGPIPE, SIG_IGN);
	REFUSED(reconnect, try_connect(fd, port));
	fprintf(f, "%s\n", MARKER);
	fclose(f);
	fd = dial(port);
	greet_server(fd);
	go_on_client(fd);
}

CLAIM(refused_server, client)
