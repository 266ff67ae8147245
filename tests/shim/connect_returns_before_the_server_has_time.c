/* SPDX-License-Identifier: Apache-2.0 */
/* A blocking client whose server first waits for what the client does next on another connection, as FTP's does for an
 * answer before it looks at the data; and a busy one that comes back to the listener later. */
#include "stream.h"

static void client(int port)
{
	int control = dial(port), data;

	greet_server(control);
	write_all(control, 0, 100);
	data = dial(port);
	write_all(data, 0, 3000); /* before it was accepted */
	write_all(control, 100, 100);
	read_exactly(data, 0, 3000);
	close(data);
	read_exactly(control, 0, 100);
	close(control);
	control = dial(port);
	tell("connected");
	read_exactly(control, 0, 5); /* the server speaks first */
	expect_eof(control);
	close(control);
}

static void server(int port)
{
	int listener = listen_on(port), control = accept_one(listener), data;

	greet_client(control);
	read_exactly(control, 0, 200);
	data = accept_one(listener);
	echo_to_end(data, 3000);
	write_all(control, 0, 100);
	expect_eof(control);
	close(control);
	await("connected");
	control = accept_one(listener);
	write_all(control, 0, 5);
	close(control);
}

CLAIM(server, client)
