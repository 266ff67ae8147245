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

#endif
