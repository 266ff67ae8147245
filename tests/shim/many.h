/* SPDX-License-Identifier: Apache-2.0 */
/* More descriptors than a process usually has. */
#ifndef SVIDWRAP_TESTS_SHIM_MANY_H
#define SVIDWRAP_TESTS_SHIM_MANY_H

#include <sys/resource.h>

#include "claim.h"

static inline void raise_limit(void)
{
	struct rlimit rl;

	CHECK(getrlimit(RLIMIT_NOFILE, &rl) == 0);
	if (rl.rlim_max < 2048)
		exit(SKIPPED);
	rl.rlim_cur = 2048;
	CHECK(setrlimit(RLIMIT_NOFILE, &rl) == 0);
}

/* Connects n times, in turn. 1,000 delayed ACKs would take 40 seconds. */
static inline void dial_many(int port, int *fd, int n)
{
	const int one = 1;

	for (int i = 0; i < n; i++) {
		fd[i] = socket(AF_INET, SOCK_STREAM, 0);
		CHECK(fd[i] >= 0);
		CHECK(setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) == 0);
		CHECK(try_connect(fd[i], port) == 0);
		greet_server(fd[i]);
	}
}

#endif
