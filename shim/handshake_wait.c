/* SPDX-License-Identifier: Apache-2.0 */
#include "handshake_wait.h"

#include "drive.h"
#include "kernel.h"
#include "shim.h"

bool handshake_pending(int fd)
{
	struct conn *c = fd < 0 ? NULL : fdtab_conn(fdtab_load(fd));

	/* Without a reference: the object stays, and at worst is another's by now. */
	return c && c->slot && !atomic_load_explicit(&c->was_open, memory_order_relaxed);
}

static bool has_bytes(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return k_poll(&p, 1, 0) > 0;
}

static enum readable after_a_step(struct conn *c, int fd)
{
	int r;

	if (conn_state(c) != CONN_FRESH && conn_state(c) != CONN_HANDSHAKE &&
	    conn_state(c) != CONN_CONNECTING)
		return READABLE;
	r = drive(c, fd, DRIVE_ASIDE, false);
	if (r == -EAGAIN || r == -EINTR)
		return has_bytes(fd) ? READABLE_NOT_TAKEN : READABLE_NOT;
	return r == 0 && !has_bytes(fd) ? READABLE_NOT : READABLE;
}

enum readable handshake_readable(int fd)
{
	struct conn *c = conn_get(fd);
	enum readable r = c && c->slot && atomic_load(shim_fork_word) ? after_a_step(c, fd) : READABLE;

	conn_put(c);
	return r;
}
