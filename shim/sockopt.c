/* SPDX-License-Identifier: Apache-2.0 */
#include "sockopt.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>

#include "arguments.h"
#include "connect.h"
#include "kernel.h"
#include "refuse.h"

#ifndef TCP_ZEROCOPY_RECEIVE
#define TCP_ZEROCOPY_RECEIVE 35
#endif

/* Options that would let bytes past us, in either direction. */
static const struct {
	int level, name;
} forbidden[] = {
	{ IPPROTO_TCP, TCP_ULP },	   { IPPROTO_TCP, TCP_REPAIR },
	{ IPPROTO_TCP, TCP_FASTOPEN_CONNECT }, { IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE },
	{ SOL_SOCKET, SO_ZEROCOPY },
};

static bool is_forbidden(int level, int name)
{
	for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
		if (forbidden[i].level == level && forbidden[i].name == name)
			return true;
	return false;
}

static int give_int(int v, void *val, socklen_t *len)
{
	if (is_nowhere(len))
		return -EFAULT;
	if ((int)*len < 0)
		return -EINVAL;
	if (*len && is_nowhere(val))
		return -EFAULT;
	if (*len > sizeof v)
		*len = sizeof v;
	memcpy(val, &v, *len);
	return 0;
}

int sockopt_get(struct conn *c, int fd, int level, int name, void *val, socklen_t *len)
{
	if (level == SOL_SOCKET && name == SO_ERROR) {
		int own = connect_error(c, fd);

		if (own)
			return give_int(own, val, len);
	}
	if (level == SOL_SOCKET && name == SO_RCVLOWAT) {
		int v = atomic_load(&c->slot->rcvlowat);

		return give_int(v ? v : 1, val, len);
	}
	if (level == IPPROTO_TCP && name == TCP_ZEROCOPY_RECEIVE)
		return refuse_call(c, REFUSE_sockopt);
	return (int)KERNEL(SYS_getsockopt, fd, level, name, val, len);
}

int sockopt_set(struct conn *c, int fd, int level, int name, const void *val, socklen_t len)
{
	int v = 0;

	if (is_forbidden(level, name))
		return refuse_call(c, REFUSE_sockopt);
	if (level == SOL_SOCKET && name == SO_RCVLOWAT) {
		/* The kernel counts ciphertext, and the last byte of a record
		 * must wake the program. */
		if ((int)len < (int)sizeof v)
			return -EINVAL;
		if (is_nowhere(val))
			return -EFAULT;
		memcpy(&v, val, sizeof v);
		atomic_store(&c->slot->rcvlowat, v < 0 ? 0 : v);
		return 0;
	}
	return (int)KERNEL(SYS_setsockopt, fd, level, name, val, len);
}
