/* SPDX-License-Identifier: Apache-2.0 */
#include <sys/ioctl.h>

#include "stream.h"

static void server(int port)
{
	static const size_t sizes[] = { 1, 1000, 5000, 16384, 20000 };
	int fd = serve_one(port);
	char buf[64 * KIB];
	int n = -1;

	greet_client(fd);
	CHECK(ioctl(fd, FIONREAD, &n) == 0);
	say("empty: %d", n);
	for (size_t i = 0; i < 5; i++) {
		char go = (char)i;
		CHECK(write(fd, &go, 1) == 1);
		char name[] = "written-0";
		name[8] += (char)i;
		await(name);
		CHECK(ioctl(fd, FIONREAD, &n) == 0);
		ssize_t r = read(fd, buf, sizeof(buf));
		say("FIONREAD %d, read %zd", n, r);
		CHECK(r == n && (size_t)r == sizes[i] && matches(buf, (size_t)r, 0));
	}
	CHECK(shutdown(fd, SHUT_WR) == 0);
	expect_eof(fd);
	CHECK(ioctl(fd, FIONREAD, &n) == 0);
	say("at the end: %d", n);
}

static void client(int port)
{
	static const size_t sizes[] = { 1, 1000, 5000, 16384, 20000 };
	int fd = dial(port);
	char go;

	greet_server(fd);
	while (read(fd, &go, 1) == 1) {
		char name[] = "written-0";
		name[8] += go;
		write_all(fd, 0, sizes[(int)go]);
		tell(name);
	}
}

CLAIM(server, client)
