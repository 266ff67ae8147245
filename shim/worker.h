/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The shim's one thread. Privileges, filters and namespaces belong to threads, and
 * the kernel refuses some changes while there is a second one: so it can be
 * forbidden for the time of a call, or for good, and its end can be waited for.
 */
#ifndef SVIDWRAP_SHIM_WORKER_H
#define SVIDWRAP_SHIM_WORKER_H

#include <stdbool.h>
#include <stdint.h>

/* Starts a detached thread that runs `work`, every signal blocked. Only when the
 * one before has decided to return. False: forbidden, or there is none to be had. */
bool worker_start(void (*work)(void));

/* Counted; work asks worker_forbidden and returns soon. */
void worker_forbid(void);
void worker_permit(void);
void worker_forbid_for_good(void);
bool worker_forbidden(void);

/* The last worker has decided to return: waits until the kernel no longer counts
 * it, at most until_ms (CLOCK_MONOTONIC). */
void worker_await_end(int64_t until_ms);

/* In a forked child there is none; what was given up for good stays so. */
void worker_fork_child(void);

#endif
