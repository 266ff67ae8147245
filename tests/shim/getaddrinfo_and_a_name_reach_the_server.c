/* SPDX-License-Identifier: Apache-2.0 */
#include <netdb.h>

#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);

	greet_client(fd);
	expect_eof(fd);
}

static void client(int port)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *list;
	char service[16];

	snprintf(service, sizeof(service), "%d", port);
	CHECK(getaddrinfo("localhost", service, &hints, &list) == 0);
	int fd = socket(list->ai_family, list->ai_socktype, list->ai_protocol);
	show("connect", connect(fd, list->ai_addr, list->ai_addrlen));
	freeaddrinfo(list);
	greet_server(fd);
	close(fd);
}

CLAIM(server, client)
