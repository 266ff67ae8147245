/* SPDX-License-Identifier: Apache-2.0 */
#include "workload/backoff.h"

#include <sys/random.h>

void backoff_reset(struct backoff *b, int64_t first_ms)
{
	b->bound_ms = first_ms;
}

int64_t backoff_next(struct backoff *b, uint64_t random)
{
	int64_t bound = b->bound_ms > 0 ? b->bound_ms : BACKOFF_BASE_MS;

	if (bound > BACKOFF_MAX_MS)
		bound = BACKOFF_MAX_MS;
	b->bound_ms = bound * 2 < BACKOFF_MAX_MS ? bound * 2 : BACKOFF_MAX_MS;
	return 1 + (int64_t)(random % (uint64_t)bound);
}

void backoff_at_least(struct backoff *b, int64_t floor_ms)
{
	if (b->bound_ms < floor_ms)
		b->bound_ms = floor_ms;
}

void backoff_at_most(struct backoff *b, int64_t ceiling_ms)
{
	if (b->bound_ms > ceiling_ms)
		b->bound_ms = ceiling_ms;
}

uint64_t backoff_random(uint64_t fallback)
{
	uint64_t r;

	if (getrandom(&r, sizeof r, GRND_NONBLOCK) == (ssize_t)sizeof r)
		return r;
	/* One round of a 64-bit mixer (Steele, Lea, Flood 2014). */
	fallback = (fallback ^ fallback >> 30) * 0xbf58476d1ce4e5b9u;
	return fallback ^ fallback >> 27;
}
