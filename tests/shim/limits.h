/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits: setrlimit(2). */
#ifndef SVIDWRAP_TESTS_SHIM_LIMITS_H
#define SVIDWRAP_TESTS_SHIM_LIMITS_H

#include <sys/resource.h>

#include "claim.h"

/* The address space as it is. */
static inline rlim_t address_space(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	CHECK(f && fscanf(f, "%lu", &pages) == 1);
	fclose(f);
	return pages * 4096;
}

#endif
