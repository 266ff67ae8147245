/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions that make TCP connections inside libc, where no wrapper is asked:
 * the r-commands, and Sun's RPC, which only programs linked long ago still find.
 * No policy can be applied to them, so there are none.
 */
#include <netdb.h>

#include "refuse.h"
#include "shim.h"

static void refuse(void)
{
	shim_up();
	errno = -refuse_call(NULL, REFUSE_inside);
}

static void *refuse_handle(void)
{
	refuse();
	return NULL;
}

static int refuse_number(void)
{
	refuse();
	return -1;
}

EXPORT int rcmd(char **host, unsigned short port, const char *from, const char *to, const char *cmd,
		int *err)
{
	return refuse_number();
}

EXPORT int rcmd_af(char **host, unsigned short port, const char *from, const char *to,
		   const char *cmd, int *err, sa_family_t family)
{
	return refuse_number();
}

EXPORT int rexec(char **host, int port, const char *user, const char *pass, const char *cmd, int *err)
{
	return refuse_number();
}

EXPORT int rexec_af(char **host, int port, const char *user, const char *pass, const char *cmd,
		    int *err, sa_family_t family)
{
	return refuse_number();
}

EXPORT int rtime(void *addr, void *time, void *timeout)
{
	return refuse_number();
}

EXPORT void *clnt_create(const char *host, unsigned long prog, unsigned long vers, const char *proto)
{
	return refuse_handle();
}

EXPORT void *clnttcp_create(void *addr, unsigned long prog, unsigned long vers, int *fd,
			    unsigned sent, unsigned received)
{
	return refuse_handle();
}

EXPORT void *pmap_getmaps(void *addr)
{
	return refuse_handle();
}

EXPORT void *svctcp_create(int fd, unsigned sent, unsigned received)
{
	return refuse_handle();
}

EXPORT void *svcfd_create(int fd, unsigned sent, unsigned received)
{
	return refuse_handle();
}
