/* SPDX-License-Identifier: Apache-2.0 */
#include "rights.h"

#include <string.h>

#include "classify.h"
#include "fdtab.h"
#include "judge.h"
#include "refuse.h"
#include "shim.h"

/* Calls each(fd) for every descriptor in the message; stops at non-zero. */
static int each_right(const struct msghdr *msg, int (*each)(int fd))
{
	struct msghdr *m = (struct msghdr *)msg;

	for (struct cmsghdr *cm = CMSG_FIRSTHDR(m); cm; cm = CMSG_NXTHDR(m, cm)) {
		size_t n;

		if (cm->cmsg_level != SOL_SOCKET || cm->cmsg_type != SCM_RIGHTS ||
		    cm->cmsg_len < CMSG_LEN(0))
			continue;
		n = (cm->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd, r;

			memcpy(&fd, CMSG_DATA(cm) + i * sizeof fd, sizeof fd);
			r = each(fd);
			if (r)
				return r;
		}
	}
	return 0;
}

static int forget(int fd)
{
	fdtab_set(fd, FD_UNKNOWN);
	return 0;
}

void rights_received(struct msghdr *msg)
{
	each_right(msg, forget);
}

static int may_send(int fd)
{
	return refuse_if_managed(fd, REFUSE_rights);
}

int rights_may_send(const struct msghdr *msg)
{
	return msg->msg_controllen ? each_right(msg, may_send) : 0;
}

bool rights_fast_open(int fd, const struct sockaddr *sa, int flags)
{
	return flags & MSG_FASTOPEN && sa &&
	       (sa->sa_family == AF_INET || sa->sa_family == AF_INET6) &&
	       classify_is_inet_stream(fd) && judge_connect(sa).mode != MODE_BYPASS;
}
