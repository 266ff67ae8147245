/* SPDX-License-Identifier: Apache-2.0 */
#include "epolls.h"

#include <stdatomic.h>
#include <sys/epoll.h>

#include "kernel.h"

#define EPOLLS_MAX 1024 /* one for each thread of a large machine, and more */

/* Number + 1; 0 is free. `used` is one past the highest taken place. */
static _Atomic int epolls[EPOLLS_MAX];
static _Atomic int used;

void epolls_note(int epfd)
{
	for (int i = 0; i < EPOLLS_MAX; i++) {
		int seen = atomic_load_explicit(&epolls[i], memory_order_relaxed), top;

		if (seen == epfd + 1)
			return;
		if (seen || !atomic_compare_exchange_strong(&epolls[i], &seen, epfd + 1))
			continue;
		top = atomic_load(&used);
		while (i >= top && !atomic_compare_exchange_weak(&used, &top, i + 1))
			;
		return;
	}
}

void epolls_remove(int fd)
{
	for (int i = 0, n = atomic_load(&used); i < n; i++) {
		int seen = atomic_load(&epolls[i]);
		long r = seen ? KERNEL(SYS_epoll_ctl, seen - 1, EPOLL_CTL_DEL, fd, NULL) : 0;

		/* Closed, and another file by now: it is noted again if need be. */
		if (r == -EBADF || r == -EINVAL || r == -EPERM)
			atomic_compare_exchange_strong(&epolls[i], &seen, 0);
	}
}
