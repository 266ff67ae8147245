/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks that outlive the call that found them, and the worker thread that goes on
 * with them: it starts when there is something to do, has every signal blocked,
 * and ends when there is nothing left.
 */
#ifndef SVIDWRAP_SHIM_LINGER_LIST_H
#define SVIDWRAP_SHIM_LINGER_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "conn.h"

struct linger_task {
	/* Never waits. True: done. */
	bool (*step)(struct conn *c, int fd);
	bool closes;  /* the program has closed: the connection is over after it */
	int delay_ms; /* before the first step */
};

/* Takes a reference to c and a duplicate of fd. Best effort. `task` lives as long
 * as the process. Caller holds no lock. */
void linger_add(struct conn *c, int fd, const struct linger_task *task);

/* The process ends: from here on no worker is started. */
void linger_stop_at_exit(void);
/* Goes on with all tasks in this thread until they are done or it is until_ms
 * (CLOCK_MONOTONIC). */
void linger_finish(int64_t until_ms);

void linger_fork_lock(void);
void linger_fork_unlock(void);
void linger_fork_child(void);

#endif
