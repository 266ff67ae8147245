/* SPDX-License-Identifier: Apache-2.0 */
/* run: refused relay */
/* libc would write there itself, between the records. */
#include <execinfo.h>

#include "refused.h"

static void client(int port)
{
	void *trace[4];
	int fd = dial(port), n = backtrace(trace, 4);

	greet_server(fd);
	CHECK(n > 0);
	errno = 0;
	backtrace_symbols_fd(trace, n, fd);
	CHECK(errno == 0); /* it cannot fail */
	go_on_client(fd);
}

CLAIM(refused_server, client)
