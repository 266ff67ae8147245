/* SPDX-License-Identifier: Apache-2.0 */
#include "rights.h"

#include <string.h>

#include "arguments.h"
#include "classify.h"
#include "fdtab.h"
#include "judge.h"
#include "kernel.h"
#include "process.h"
#include "refuse.h"
#include "shim.h"

/* Calls each(fd, count) for every descriptor in the message; stops at non-zero. */
static int each_right(const struct msghdr *msg, int (*each)(int fd, int *count), int *count)
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
			r = each(fd, count);
			if (r)
				return r;
		}
	}
	return 0;
}

static int forget(int fd, int *unused)
{
	fdtab_set(fd, FD_UNKNOWN);
	return 0;
}

void rights_received(struct msghdr *msg)
{
	each_right(msg, forget, NULL);
}

static int is_managed(int fd, int *unused)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);

	conn_put(c);
	return c != NULL;
}

bool rights_of_ours(const struct msghdr *msg)
{
	return msg->msg_controllen && !is_nowhere(msg->msg_control) && each_right(msg, is_managed, NULL);
}

/* A guard against mistakes: who holds both ends of a pair, or the next owner of an end,
 * is not known. */
static bool receiver_has_shim(int via)
{
	struct ucred peer = { 0 };
	socklen_t len = sizeof peer;

	if (KERNEL(SYS_getsockopt, via, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return true; /* no socket: the kernel says so */
	return peer.pid > 0 && (peer.pid == k_getpid() || process_has_shim(peer.pid));
}

/* Nobody has begun its handshake, and from now on nobody here will. Counts them. */
static int give(int fd, int *count)
{
	struct conn *c = managed(fd);
	int32_t none = 0;
	bool may = !c || !c->slot ||
		   (conn_state(c) == CONN_FRESH &&
		    atomic_compare_exchange_strong(&c->slot->owner, &none, k_getpid()));
	int r = may ? 0 : refuse_call(c, REFUSE_rights);

	conn_put(c);
	*count += r == 0;
	return r;
}

/* Of the first *count, which were given. Sent they go on where they went, and here only
 * their numbers are left. */
static int end_gift(int fd, int *count, bool sent)
{
	struct conn *c;

	if ((*count)-- <= 0)
		return 1;
	c = conn_get(fd);
	if (c && c->slot && sent) {
		atomic_store(&c->slot->error, ECONNRESET);
		conn_event(c, EV_FAIL);
	} else if (c && c->slot) {
		atomic_store(&c->slot->owner, 0);
	}
	conn_put(c);
	return 0;
}

static int take_back(int fd, int *count)
{
	return end_gift(fd, count, false);
}

static int part_with(int fd, int *count)
{
	return end_gift(fd, count, true);
}

ssize_t rights_send(int via, const struct msghdr *msg, int flags)
{
	ssize_t r = receiver_has_shim(via) ? 0 : refuse_call(NULL, REFUSE_rights_stranger);
	int given = 0;

	if (r == 0)
		r = each_right(msg, give, &given);
	if (r == 0) {
		r = real.sendmsg(via, msg, flags);
		r = r < 0 ? -errno : r;
	}
	each_right(msg, r < 0 ? take_back : part_with, &given);
	return r;
}

bool rights_fast_open(int fd, const struct sockaddr *sa, int flags)
{
	return flags & MSG_FASTOPEN && sa &&
	       (sa->sa_family == AF_INET || sa->sa_family == AF_INET6) &&
	       classify_is_inet_stream(fd) && judge_connect(sa).mode != MODE_BYPASS;
}
