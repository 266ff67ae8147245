/* SPDX-License-Identifier: Apache-2.0 */
/* run: relay */
#include "stream.h"

static const size_t sizes[] = { 1, 2, 21, 22, 100, 1000, 4095, 4096, 4097, 16383, 16384,
				16385, 65536, 100000, MIB };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void server(int port)
{
	int fd = serve_one(port);
	uint64_t off = 0;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		read_exactly(fd, off, sizes[i]);
		write_all(fd, off, sizes[i]);
		off += sizes[i];
	}
	expect_eof(fd);
}

static void client(int port)
{
	int fd = dial(port);
	uint64_t off = 0;

	for (size_t i = 0; i < COUNT(sizes); i++) {
		write_all(fd, off, sizes[i]);
		read_exactly(fd, off, sizes[i]);
		off += sizes[i];
		say("%zu bytes", sizes[i]);
	}
	close(fd);
}

CLAIM(server, client)
