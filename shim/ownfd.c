/* SPDX-License-Identifier: Apache-2.0 */
#include "ownfd.h"

#include <fcntl.h>
#include <stdatomic.h>

#include "fdtab.h"
#include "kernel.h"

/* fd + 1; 0 is free. `used` is one past the highest taken place. */
static _Atomic int own[OWNFD_MAX];
static _Atomic int used;

static const int floors[] = { 960, 512, 192, 64, 16, 3 };

bool ownfd_guard(int fd)
{
	for (int i = 0; i < OWNFD_MAX; i++) {
		int free = 0, top = atomic_load(&used);

		if (!atomic_compare_exchange_strong(&own[i], &free, fd + 1))
			continue;
		while (i >= top && !atomic_compare_exchange_weak(&used, &top, i + 1))
			;
		fdtab_set(fd, FD_UNMANAGED);
		return true;
	}
	return false;
}

int ownfd_dup(int fd)
{
	for (unsigned i = 0; i < sizeof floors / sizeof *floors; i++) {
		int high = k_fcntl(fd, F_DUPFD_CLOEXEC, floors[i]);

		if (high < 0)
			continue; /* RLIMIT_NOFILE is below this floor, or all taken */
		if (ownfd_guard(high))
			return high;
		k_close(high);
		break;
	}
	return -1;
}

int ownfd_adopt(int fd)
{
	int high = ownfd_dup(fd);

	k_close(fd);
	return high;
}

void ownfd_close(int fd)
{
	if (fd < 0)
		return;
	for (int i = 0, n = atomic_load(&used); i < n; i++) {
		int mine = fd + 1;

		if (atomic_compare_exchange_strong(&own[i], &mine, 0))
			break;
	}
	fdtab_set(fd, FD_UNKNOWN);
	k_close(fd);
}

bool ownfd_is(int fd)
{
	for (int i = 0, n = atomic_load(&used); i < n; i++)
		if (atomic_load(&own[i]) == fd + 1)
			return true;
	return false;
}

int ownfd_next(int from)
{
	int best = -1;

	for (int i = 0, n = atomic_load(&used); i < n; i++) {
		int fd = atomic_load(&own[i]) - 1;

		if (fd >= from && (best < 0 || fd < best))
			best = fd;
	}
	return best;
}
