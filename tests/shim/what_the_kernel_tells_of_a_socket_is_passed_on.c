/* SPDX-License-Identifier: Apache-2.0 */
/* SIOCOUTQ and TCP_INFO are the kernel's own, which counts records; and fcloseall flushes what stdio holds. */
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include "stream.h"

static void server(int port)
{
	int fd = serve_one(port);
	char line[20] = "";

	greet_client(fd);
	read_exactly(fd, 0, 5000);
	CHECK(write(fd, "x", 1) == 1);
	for (size_t n = 0; n < 14;) {
		ssize_t r = read(fd, line + n, 14 - n);

		CHECK(r > 0);
		n += (size_t)r;
	}
	say("%s", line);
	expect_eof(fd);
}

static void client(int port)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int fd = dial(port), queued = -1;
	FILE *f;
	char c;

	greet_server(fd);
	write_all(fd, 0, 5000);
	CHECK(read(fd, &c, 1) == 1);
	do { /* read, but perhaps not acknowledged yet */
		CHECK(ioctl(fd, SIOCOUTQ, &queued) == 0);
	} while (queued && poll(NULL, 0, 1) == 0);
	show("SIOCOUTQ", queued);
	CHECK(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0);
	say("established: %d, unacknowledged: %u", info.tcpi_state == TCP_ESTABLISHED, info.tcpi_unacked);
	CHECK((f = fdopen(dup(fd), "w")));
	close(fd);
	fprintf(f, "not yet sent\r\n");
	show("fcloseall", fcloseall());
}

CLAIM(server, client)
