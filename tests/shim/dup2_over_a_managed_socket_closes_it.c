/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

static void server(int port)
{
	int listener = listen_on(port);
	int a = accept_one(listener);

	greet_client(a);
	int b = accept_one(listener);
	greet_client(b);
	CHECK(dup2(b, a) == a);
	await("first-ended");
	close(b);
	/* a now is the second connection. */
	read_exactly(a, 0, 2000);
	write_all(a, 0, 2000);
	int null = open("/dev/null", O_RDWR);
	CHECK(dup3(null, a, O_CLOEXEC) == a);
	show("write to what took its number", write(a, "x", 1));
}

static void client(int port)
{
	int a = dial(port);
	greet_server(a);
	int b = dial(port);
	greet_server(b);
	expect_eof(a);
	tell("first-ended");
	close(a);
	write_all(b, 0, 2000);
	read_exactly(b, 0, 2000);
	expect_eof(b);
}

CLAIM(server, client)
