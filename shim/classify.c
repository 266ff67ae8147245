/* SPDX-License-Identifier: Apache-2.0 */
#include "classify.h"

#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <string.h>
#include <sys/ioctl.h>

#include "event.h"
#include "judge.h"
#include "kernel.h"
#include "shim.h"

bool classify_may_carry_tcp(int domain, int type)
{
	/* AF_SMC takes IP addresses and falls back to TCP. */
	return (domain == AF_INET || domain == AF_INET6 || domain == AF_SMC) &&
	       (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM;
}

bool classify_is_inet_stream(int fd)
{
	return classify_may_carry_tcp(k_getsockopt_int(fd, SOL_SOCKET, SO_DOMAIN),
				      k_getsockopt_int(fd, SOL_SOCKET, SO_TYPE));
}

static bool name_of(long call, int fd, union address *ret)
{
	socklen_t len = sizeof *ret;

	memset(ret, 0, sizeof *ret);
	return KERNEL(call, fd, ret, &len) == 0;
}

/* Nothing was ever read from it or written to it. */
static bool untouched(int fd)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof info;

	if (KERNEL(SYS_getsockopt, fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
		return false;
	return info.tcpi_bytes_received == (uint64_t)k_ioctl_int(fd, SIOCINQ) &&
	       info.tcpi_bytes_sent == 0;
}

/* Enters fd as a managed connection. 0 or -errno. */
static int enter(int fd, enum conn_state state, bool server, const struct rule *rule,
		 const union address *local, const union address *remote)
{
	bool nonblock = k_fcntl(fd, F_GETFL, 0) & O_NONBLOCK;
	bool cloexec = k_fcntl(fd, F_GETFD, 0) & FD_CLOEXEC;
	struct conn *c = conn_new(state, server, rule, &local->sa, &remote->sa, nonblock);
	bool ok;

	ok = c && conn_install(c, fd, cloexec);
	conn_put(c);
	if (!ok && state == CONN_FRESH)
		event_no_room(server, rule, &local->sa, &remote->sa);
	if (!ok)
		return c ? -EMFILE : -ENOBUFS;
	k_fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

/* No slot to be had (RLIMIT_FSIZE, RLIMIT_NOFILE): like a listener, an entry without
 * one carries no bytes. */
static void enter_dead(int fd)
{
	struct conn *c = conn_new_listener();

	k_fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (!c || !conn_install(c, fd, true))
		k_shutdown(fd, SHUT_RDWR);
	conn_put(c);
}

void classify_refuse(int fd, const char *reason)
{
	union address local, remote;

	if (!name_of(SYS_getpeername, fd, &remote) || !name_of(SYS_getsockname, fd, &local)) {
		enter_dead(fd);
		return;
	}
	event_denied(judge_accept(&local.sa).rule != NULL, NULL, &local.sa, &remote.sa, reason);
	if (enter(fd, CONN_FAILED, true, NULL, &local, &remote) < 0)
		enter_dead(fd);
}

/* Another number of a socket that is managed already: inetd's 0 and 1. */
static bool joined(int fd)
{
	struct conn *c = conn_find(k_cookie(fd));
	bool ok = c && conn_install(c, fd, k_fcntl(fd, F_GETFD, 0) & FD_CLOEXEC);

	if (ok)
		k_fcntl(fd, F_SETFD, FD_CLOEXEC);
	conn_put(c);
	return ok;
}

/* Inherited and connected: in which role does the policy know it? */
static struct verdict judge_inherited(const union address *local, const union address *remote,
				      bool *ret_server)
{
	struct verdict v = judge_accept(&local->sa);

	*ret_server = v.rule != NULL;
	return *ret_server ? v : judge_connect(&remote->sa);
}

bool classify_may_go_plain(int fd)
{
	union address local, remote;
	bool server;

	return !name_of(SYS_getpeername, fd, &remote) || !name_of(SYS_getsockname, fd, &local) ||
	       judge_inherited(&local, &remote, &server).mode == MODE_BYPASS;
}

static void classify_connected(int fd, const union address *local, const union address *remote)
{
	bool server;
	struct verdict v = judge_inherited(local, remote, &server);

	if (v.mode == MODE_BYPASS) {
		fdtab_set(fd, FD_UNMANAGED);
		return;
	}
	if (v.mode == MODE_ENFORCE && untouched(fd)) {
		if (enter(fd, CONN_FRESH, server, v.rule, local, remote) == 0)
			return;
	} else {
		event_denied(server, v.rule, &local->sa, &remote->sa,
			     v.mode == MODE_ENFORCE
				     ? "an inherited connection that was used already cannot be "
				       "protected from here on"
				     : "no rule allows this inherited connection");
	}
	if (enter(fd, CONN_FAILED, server, v.rule, local, remote) < 0)
		enter_dead(fd);
}

void classify_listener(int fd)
{
	struct sockaddr_storage local = { 0 };
	socklen_t len = sizeof local;
	struct conn *c = NULL;

	/* accept judges each connection all the same. */
	fdtab_set(fd, FD_UNMANAGED);
	if (KERNEL(SYS_getsockname, fd, &local, &len) == 0 &&
	    judge_listener((struct sockaddr *)&local))
		c = conn_new_listener();
	if (c)
		memcpy(&c->local, &local, sizeof c->local);
	if (c && conn_install(c, fd, k_fcntl(fd, F_GETFD, 0) & FD_CLOEXEC))
		k_fcntl(fd, F_SETFD, FD_CLOEXEC);
	conn_put(c);
}

void classify(int fd)
{
	union address local, remote;

	if (k_fcntl(fd, F_GETFD, 0) < 0)
		return;
	if (!classify_is_inet_stream(fd)) {
		fdtab_set(fd, FD_UNMANAGED);
		return;
	}
	if (joined(fd))
		return;
	if (name_of(SYS_getpeername, fd, &remote) && name_of(SYS_getsockname, fd, &local))
		classify_connected(fd, &local, &remote);
	else if (k_getsockopt_int(fd, SOL_SOCKET, SO_ACCEPTCONN))
		classify_listener(fd);
	else if (fdtab_load(fd) == FD_UNKNOWN)
		fdtab_set(fd, FD_TWIN); /* connect judges it */
}

int classify_accepted(int fd, int flags, const struct sockaddr *remote)
{
	union address local;
	struct verdict v;
	struct conn *c;
	bool ok;

	shim_start();
	if (!name_of(SYS_getsockname, fd, &local) ||
	    (local.sa.sa_family != AF_INET && local.sa.sa_family != AF_INET6)) {
		fdtab_set(fd, FD_UNMANAGED);
		return 0;
	}
	v = judge_accept(&local.sa);
	if (v.mode == MODE_BYPASS) {
		fdtab_set(fd, FD_UNMANAGED);
		return 0;
	}
	if (v.mode == MODE_DENY) {
		event_denied(true, v.rule, &local.sa, remote, "no rule accepts connections here");
		return -ECONNABORTED;
	}
	c = conn_new(CONN_FRESH, true, v.rule, &local.sa, remote, flags & SOCK_NONBLOCK);
	ok = c && conn_install(c, fd, flags & SOCK_CLOEXEC);
	conn_put(c);
	if (!ok) {
		event_no_room(true, v.rule, &local.sa, remote);
		return c ? -EMFILE : -ENOBUFS;
	}
	if (!(flags & SOCK_CLOEXEC))
		k_fcntl(fd, F_SETFD, FD_CLOEXEC);
	return 0;
}

/* What connected a fresh socket, if it is connected, was no call of ours: another
 * process that has it too. */
static bool needs_look(int fd)
{
	uintptr_t word = fdtab_load(fd);
	union address remote;

	return word == FD_UNKNOWN ||
	       ((word == FD_FRESH || word == FD_TWIN) && name_of(SYS_getpeername, fd, &remote));
}

struct conn *managed(int fd)
{
	shim_up();
	if (!needs_look(fd))
		return conn_get(fd);
	/* A library's constructor may come before ours: with an inherited socket it
	 * must not get past us, with anything else it needs no verdict. */
	if (atomic_load(&shim_state) == 0 && classify_is_inet_stream(fd))
		shim_start();
	if (atomic_load(&shim_state) == 2)
		classify(fd);
	return conn_get(fd);
}
