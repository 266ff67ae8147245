/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
/* eventfd_read and eventfd_write are read and write of a number, whatever the descriptor is. */
#include <sys/eventfd.h>

#include "stream.h"

static void client(int port)
{
	eventfd_t value = 0;
	int fd = dial(port), ev = eventfd(3, 0);

	show("write", write(fd, "plaintext-marker", 16));
	memcpy(&value, "plaintex", 8);
	show("eventfd_write", eventfd_write(fd, value));
	show("eventfd_read", eventfd_read(fd, &value));
	CHECK(memcmp(&value, "eightbyt", 8) == 0);
	errno = 0; /* an end sets none */
	show("eventfd_read at the end", eventfd_read(fd, &value));
	show("eventfd_read of an eventfd", eventfd_read(ev, &value));
	CHECK(value == 3);
	close(fd);
}

static void server(int port)
{
	int fd = serve_one(port);
	char buf[24];

	CHECK(recv(fd, buf, sizeof(buf), MSG_WAITALL) == sizeof(buf));
	CHECK(memcmp(buf, "plaintext-markerplaintex", sizeof(buf)) == 0);
	CHECK(write(fd, "eightbyt", 8) == 8);
	close(fd);
}

CLAIM(server, client)
