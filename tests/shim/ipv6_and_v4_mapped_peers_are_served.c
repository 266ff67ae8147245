/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static int listen_dual(int port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons((uint16_t)port) };
	int one = 1, zero = 0;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	if (fd < 0)
		exit(SKIPPED);
	CHECK(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == 0);
	CHECK(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero)) == 0);
	CHECK(bind(fd, (struct sockaddr *)&sin6, sizeof(sin6)) == 0);
	CHECK(listen(fd, 16) == 0);
	tell("listening");
	return fd;
}

static void server(int port)
{
	int listener = listen_dual(port);

	for (int i = 0; i < 3; i++) {
		struct sockaddr_in6 peer;
		socklen_t len = sizeof(peer);
		char text[INET6_ADDRSTRLEN];
		int fd = accept(listener, (struct sockaddr *)&peer, &len);
		CHECK(fd >= 0);
		inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof(text));
		say("from %s", text);
		greet_client(fd);
		read_exactly(fd, 0, 20000);
		expect_eof(fd);
		close(fd);
	}
}

static void talk(int fd)
{
	greet_server(fd);
	write_all(fd, 0, 20000);
	close(fd);
}

static int dial6(const char *address, int port)
{
	struct sockaddr_in6 sin6 = { .sin6_family = AF_INET6,
				     .sin6_port = htons((uint16_t)port) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);

	CHECK(inet_pton(AF_INET6, address, &sin6.sin6_addr) == 1);
	if (connect(fd, (struct sockaddr *)&sin6, sizeof(sin6)) < 0) {
		if (errno == EADDRNOTAVAIL)
			exit(SKIPPED);
		CHECK(errno == 0);
	}
	return fd;
}

static void client(int port)
{
	talk(dial6("::1", port));
	talk(dial(port));
	talk(dial6("::ffff:127.0.0.1", port));
}

CLAIM(server, client)
