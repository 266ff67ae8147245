/* SPDX-License-Identifier: Apache-2.0 */
#include "patience.h"

#include <stdatomic.h>

#include "kernel.h"

#define FULL_MS 250 /* a handshake over half the world */
#define REFILL 20   /* one part in so many of the time that passes */
#define LEAST_MS 1

static _Atomic int64_t used_ms;	  /* of the budget */
static _Atomic int64_t as_of_ms; /* CLOCK_MONOTONIC */

static int64_t left_at(int64_t now)
{
	int64_t since = now - atomic_exchange(&as_of_ms, now);
	int64_t used = atomic_load(&used_ms);

	/* Threads that meet here lose some of the refill, no more. */
	if (since >= REFILL) {
		used = used > since / REFILL ? used - since / REFILL : 0;
		atomic_store(&used_ms, used);
	} else {
		atomic_fetch_sub(&as_of_ms, since);
	}
	return FULL_MS - used;
}

bool patience_more(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t now = k_mono_ms(), left = left_at(now);
	int r;

	if (left < LEAST_MS)
		return false;
	r = k_poll(&p, 1, left);
	atomic_fetch_add(&used_ms, k_mono_ms() - now);
	return r > 0;
}
