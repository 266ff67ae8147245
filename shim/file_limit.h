/* SPDX-License-Identifier: Apache-2.0 */
/* RLIMIT_FSIZE, before a file grows. */
#ifndef SVIDWRAP_SHIM_FILE_LIMIT_H
#define SVIDWRAP_SHIM_FILE_LIMIT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#include "kernel.h"

/* May a file, in memory too, become so large? Beyond RLIMIT_FSIZE the kernel raises
 * SIGXFSZ, which would end the program. ctx: signal. */
static inline bool file_may_reach(uint64_t size)
{
	struct rlimit lim;

	return KERNEL(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &lim) < 0 || size <= lim.rlim_cur;
}

#endif
