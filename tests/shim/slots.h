/* SPDX-License-Identifier: Apache-2.0 */
/* The memory that processes share (shim/arena.h), as a hostile one finds it. */
#ifndef SVIDWRAP_TESTS_SHIM_SLOTS_H
#define SVIDWRAP_TESTS_SHIM_SLOTS_H

#include "claim.h"

/* The first slot: they come after a page of header, 512 bytes each. */
static inline volatile void *shared_slots(void)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long at = 0, begins, offset;
	char line[512];

	CHECK(f);
	while (!at && fgets(line, sizeof line, f))
		if (strstr(line, "memfd:svidwrap") &&
		    sscanf(line, "%lx-%*x %*s %lx", &begins, &offset) == 2 && offset == 0)
			at = begins;
	fclose(f);
	CHECK(at);
	return (volatile void *)(at + 4096);
}

#endif
