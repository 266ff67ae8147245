/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before the next attempt: exponential with full jitter, so
 * that a host's workloads do not return to a restarted agent all at once
 * (SPIFFE_Workload_Endpoint.md 6). A plain value. ctx: signal. */
#ifndef SVIDWRAP_WORKLOAD_BACKOFF_H
#define SVIDWRAP_WORKLOAD_BACKOFF_H

#include <stdint.h>

#define BACKOFF_BASE_MS 1000  /* first bound when nobody waits */
#define BACKOFF_HURRY_MS 100  /* first bound while somebody waits */
#define BACKOFF_HURRY_MAX_MS 2000 /* and the last one: he would see the difference */
#define BACKOFF_MAX_MS 30000

struct backoff {
	int64_t bound_ms; /* of the next delay; 0 stands for BACKOFF_BASE_MS */
};

/* Starts over at first_ms. */
void backoff_reset(struct backoff *b, int64_t first_ms);
/* A delay in [1, bound] milliseconds chosen by `random`, any number; doubles
 * the bound up to BACKOFF_MAX_MS. */
int64_t backoff_next(struct backoff *b, uint64_t random);
/* Raises the bound to at least floor_ms; lowers it to at most ceiling_ms. */
void backoff_at_least(struct backoff *b, int64_t floor_ms);
void backoff_at_most(struct backoff *b, int64_t ceiling_ms);
/* From getrandom without blocking; where that is not to be had (early boot, a
 * seccomp filter), from `fallback`, which is then all the jitter there is. */
uint64_t backoff_random(uint64_t fallback);

#endif
