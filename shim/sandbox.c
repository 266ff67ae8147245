/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox.h"

#include "conn_internal.h"
#include "kernel.h"
#include "program/seccomp_filter.h"

#define NUMBERS 512 /* those of x86-64 end before */
#define PATIENCE_MS 1000 /* for another process in the middle of a record */

_Atomic bool sandbox_on;
static _Atomic uint64_t denied[NUMBERS / 64];

bool sandbox_lists(long number)
{
	return number < 0 || number >= NUMBERS ||
	       atomic_load_explicit(&denied[number / 64], memory_order_relaxed) >> number % 64 & 1;
}

/* Not ready is -EAGAIN; where polling is denied, too, the call itself will tell. */
static ssize_t ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return k_poll(&p, 1, 0) == 0 ? -EAGAIN : 0;
}

ssize_t sandbox_recv(int fd, void *buf, size_t n, int flags)
{
	ssize_t r = flags & MSG_PEEK ? -EAGAIN : ready(fd, POLLIN);

	return r < 0 ? r : KERNEL(SYS_read, fd, buf, n);
}

ssize_t sandbox_send(int fd, const void *buf, size_t n)
{
	ssize_t r = ready(fd, POLLOUT);

	return r < 0 ? r : KERNEL(SYS_write, fd, buf, n);
}

static bool pin_one(struct conn *c, enum dir d, int64_t until)
{
	while (!slot_try_lock(c->arena, c->slot, d)) {
		if (k_mono_ms() >= until)
			return false; /* its calls fail from now on */
		k_poll(NULL, 0, 1);
	}
	c->pinned[d] = true;
	return true;
}

static void pin(struct conn *c, void *ctx)
{
	int64_t until = k_mono_ms() + PATIENCE_MS;

	if (!conn_hold(c))
		return;
	for (int d = 0; c->slot && c->keyed && d < DIRS; d++)
		if (!c->pinned[d] && slot_is_shared(c->slot, arena_bit(c->arena)) &&
		    lock_acquire(&c->lock[d])) {
			(void)pin_one(c, d, until);
			lock_release(&c->lock[d]);
		}
	conn_put(c);
}

static void unpin(struct conn *c, void *ctx)
{
	if (!conn_hold(c))
		return;
	for (int d = 0; d < DIRS; d++)
		if (c->pinned[d] && lock_acquire(&c->lock[d])) {
			c->pinned[d] = false;
			slot_unlock(c->arena, c->slot, d);
			lock_release(&c->lock[d]);
		}
	conn_put(c);
}

void sandbox_before(void)
{
	conn_each(pin, NULL);
}

void sandbox_after(bool installed, const struct sock_fprog *filter)
{
	for (unsigned number = 0; installed && number < NUMBERS; number++) {
		bool passes = filter ? seccomp_filter_allows(filter->filter, filter->len, number)
				     : number == SYS_read || number == SYS_write;

		if (!passes)
			atomic_fetch_or(&denied[number / 64], (uint64_t)1 << number % 64);
	}
	if (installed)
		atomic_store(&sandbox_on, true);
	if (!sandbox_denies(SYS_fcntl))
		conn_each(unpin, NULL);
}
