/* SPDX-License-Identifier: Apache-2.0 */
#include "closing.h"

#include <fcntl.h>

#include "epolls.h"
#include "kernel.h"
#include "linger.h"
#include "shim.h"

/* In one piece for fork, which holds hs_lock: a child must not count as a holder of
 * what it cannot reach. */
static bool take_out(struct conn *c, int fd, uintptr_t word, bool *ret_last)
{
	bool locked = lock_acquire(&c->hs_lock);
	bool ours = fdtab_swap(fd, word, FD_UNKNOWN);

	*ret_last = ours && atomic_fetch_sub(&c->opens, 1) == 1;
	if (locked)
		lock_release(&c->hs_lock);
	return ours;
}

/* The socket lives on, with a descriptor of ours: but to the program it is closed. */
static void silence(int fd)
{
	epolls_remove(fd);
	k_fcntl(fd, F_SETFL, O_NONBLOCK); /* no SIGIO */
}

bool closing_forget(int fd)
{
	uintptr_t word = fdtab_load(fd);
	struct conn *c = fdtab_conn(word);
	bool last;

	if (word == FD_UNKNOWN)
		return false;
	if (!c) {
		/* A file is judged again: harmless even from a vfork child. What is
		 * known of a socket is its parent's: what the child has there next
		 * must not take its place. */
		if (word == FD_UNMANAGED || shim_is_own_process())
			fdtab_swap(fd, word, FD_UNKNOWN);
		return false;
	}
	if (!shim_is_own_process() || !take_out(c, fd, word, &last))
		return false;
	if (last && c->slot)
		linger_close(c, fd);
	if (last && atomic_load(&c->own_opens) && !slot_is_shared(c->slot, arena_bit(c->arena)))
		silence(fd);
	conn_put(c);
	return true;
}
