/* SPDX-License-Identifier: Apache-2.0 */
/* run: alone no-tls refused */
/* As on a kernel that does not have it: it might read or write. Kernels since 6.5
 * have the first numbers after the table's, whose answer to -1 would be EBADF or EINVAL. */
#include <sys/syscall.h>

#include "claim.h"

static const bool known[] = {
#define WRAPPED(name, expr) [SYS_##name] = true,
#define PLAIN(why, name) [SYS_##name] = true,
#include "../../shim/numbers.def"
#undef WRAPPED
#undef PLAIN
};

static void alone(int port)
{
	int first = (int)sizeof(known);

	CHECK(known[SYS_read] && known[SYS_getpid]);
	for (int n = first; n < first + 10; n++) {
		errno = 0;
		CHECK(syscall(n, -1, -1, -1, -1, -1, -1) == -1 && errno == ENOSYS);
	}
	CHECK(syscall(-1) == -1 && errno == ENOSYS);
	CHECK(syscall(SYS_getpid) == getpid());
	CHECK(syscall(SYS_lseek, 0, 0, 9) == -1 && errno == EINVAL);
}

CLAIM_ALONE(alone)
