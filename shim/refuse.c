/* SPDX-License-Identifier: Apache-2.0 */
#include "refuse.h"

#include <errno.h>
#include <sys/socket.h>

#include "event.h"
#include "shim.h"

static const struct {
	const char *call;
	int error;
	const char *reason;
} table[REFUSALS] = {
#define REFUSAL(id, call, error, reason) [REFUSE_##id] = { call, error, reason },
#include "refusals.def"
#undef REFUSAL
};

_Static_assert(REFUSALS <= 32, "conn.refused is a 32-bit set");

int refuse_because(struct conn *c, enum refusal r, const char *reason)
{
	uint32_t bit = 1u << r;

	if (!c || !(atomic_fetch_or(&c->refused, bit) & bit))
		event_call_refused(table[r].call, c, reason);
	return -table[r].error;
}

int refuse_call(struct conn *c, enum refusal r)
{
	return refuse_because(c, r, table[r].reason);
}

int refuse_if_managed(int fd, enum refusal r)
{
	struct conn *c;
	int ret;

	if (unmanaged(fd))
		return 0;
	c = managed(fd);
	if (!c)
		return 0;
	ret = refuse_call(c, r);
	conn_put(c);
	return ret;
}

int refuse_recv_flags(struct conn *c, int flags)
{
	if (flags & MSG_OOB)
		return refuse_call(c, REFUSE_oob);
	if (flags & MSG_ERRQUEUE)
		return -EAGAIN; /* nothing ever goes there: zero copy is refused */
	return 0;
}

int refuse_send_flags(struct conn *c, int flags)
{
	if (flags & MSG_OOB)
		return refuse_call(c, REFUSE_oob);
	if (flags & MSG_ZEROCOPY)
		return refuse_call(c, REFUSE_zerocopy);
	return 0;
}
