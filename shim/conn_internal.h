/* SPDX-License-Identifier: Apache-2.0 */
/* What conn*.c share. conn.c has a connection's state and its end, conn_pool.c the
 * objects and who refers to them, conn_fork.c what fork does to all of them. */
#ifndef SVIDWRAP_SHIM_CONN_INTERNAL_H
#define SVIDWRAP_SHIM_CONN_INTERNAL_H

#include <stdbool.h>

#include "conn.h"

/* conn_pool.c */
/* Over the list of free objects. fork takes it before any connection's locks. */
extern struct lock conn_pool_lock;
/* An object with one reference and no descriptor, zero from `slot` on; NULL: out of
 * memory, or this thread is in the pool already. */
struct conn *conn_pool_take(void);
/* A reference to what may be nobody's by now; false: it is. */
bool conn_hold(struct conn *c);

#endif
