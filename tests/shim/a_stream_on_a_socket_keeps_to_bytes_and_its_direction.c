/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/* Where streams on managed sockets differ: docs/differences.md. */
#include <wchar.h>

#include "refused.h"

static void client(int port)
{
	int fd = dial(port);
	FILE *f = fdopen(dup(fd), "r");

	greet_server(fd);
	errno = 0;
	CHECK(f && fgetwc(f) == WEOF && errno == EBADF);
	CHECK((f = fdopen(dup(fd), "w")) && fputws(L"" MARKER, f) >= 0 && fflush(f) == EOF);
	CHECK((f = fdopen(dup(fd), "r")));
	errno = 0;
	CHECK(!freopen("/dev/null", "w", f) && errno == EOPNOTSUPP);
	go_on_client(fd);
}

CLAIM(refused_server, client)
