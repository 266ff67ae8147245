/* SPDX-License-Identifier: Apache-2.0 */
/* A filter of the program's: any instructions, also those that the kernel takes none of. */
#include <stdlib.h>
#include <string.h>

#include "program/seccomp_filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static volatile bool sink;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned n = (unsigned)(len / sizeof(struct sock_filter));
	struct sock_filter *filter = malloc(n * sizeof *filter + 1);

	memcpy(filter, data, n * sizeof *filter);
#ifdef PLANTED_BUG
	/* Takes for granted that the last instruction returns. */
	n += 2;
#endif
	for (uint32_t number = 0; number < 400; number += 57)
		sink = seccomp_filter_allows(filter, n, number);
	free(filter);
	return 0;
}
