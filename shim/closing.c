/* SPDX-License-Identifier: Apache-2.0 */
#include "closing.h"

#include "linger.h"
#include "shim.h"

bool closing_forget(int fd)
{
	uintptr_t word = fdtab_load(fd);
	struct conn *c = fdtab_conn(word);

	if (word == FD_UNKNOWN)
		return false;
	if (!c) {
		/* Harmless even from a vfork child: it is judged again. But that
		 * there is a stream on it could not be found out again. */
		if (word != FD_STREAMED || shim_is_own_process())
			fdtab_swap(fd, word, FD_UNKNOWN);
		return false;
	}
	if (!shim_is_own_process() || !fdtab_swap(fd, word, FD_UNKNOWN))
		return false;
	if (atomic_fetch_sub(&c->opens, 1) == 1 && c->slot)
		linger_close(c, fd);
	conn_put(c);
	return true;
}
