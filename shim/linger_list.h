/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tasks that outlive the call that found them, and the worker thread that goes on
 * with them: it starts when there is something to do, and ends when there is
 * nothing left or privileges are about to change (worker.h).
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
 * as the process. Caller holds no lock. Without a worker it waits, bounded. */
void linger_add(struct conn *c, int fd, const struct linger_task *task);

/* The process ends: from here on no worker is started. */
void linger_stop_at_exit(void);
/* Goes on with all tasks in this thread until they are done or it is until_ms
 * (CLOCK_MONOTONIC). */
void linger_finish(int64_t until_ms);

/* Before a change of privileges or namespaces: goes on with all tasks for at most
 * a second, and waits until the worker thread has ended. No worker is started
 * before linger_resume. all: what is not done by then is given up. Keeps no lock. */
void linger_settle(bool all);
/* After it. dropped: no worker is started again in this process; linger_add then
 * does the task itself, for at most a second. */
void linger_resume(bool dropped);
/* False: linger_add would wait. */
bool linger_in_background(void);

void linger_fork_lock(void);
void linger_fork_unlock(void);
void linger_fork_child(void);

#endif
