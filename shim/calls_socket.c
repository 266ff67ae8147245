/* SPDX-License-Identifier: Apache-2.0 */
/* Making, connecting, listening, accepting, options. */
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "arguments.h"
#include "classify.h"
#include "connect.h"
#include "judge.h"
#include "kernel.h"
#include "refuse.h"
#include "shim.h"
#include "sockopt.h"
#include "stream.h"
#include "streams.h"

EXPORT int socket(int domain, int type, int protocol)
{
	int fd;

	shim_up();
	fd = real.socket(domain, type, protocol);
	if (fd >= 0) /* until connect, listen or accept */
		fdtab_set(fd, classify_may_carry_tcp(domain, type) ? FD_FRESH : FD_UNMANAGED);
	return fd;
}

EXPORT int bind(int fd, const struct sockaddr *sa, socklen_t len)
{
	shim_up();
	return real.bind(fd, sa, len);
}

EXPORT int connect(int fd, const struct sockaddr *sa, socklen_t len)
{
	int saved = errno;

	shim_up();
	if (is_nowhere(sa) || len < sizeof sa->sa_family || check_address_out(sa, len) < 0 ||
	    (sa->sa_family != AF_INET && sa->sa_family != AF_INET6 && sa->sa_family != AF_UNSPEC))
		return real.connect(fd, sa, len);
	return (int)answer(connect_call(fd, sa, len), saved);
}
EXPORT_ALIAS(connect) int __connect(int fd, const struct sockaddr *sa, socklen_t len);

EXPORT int listen(int fd, int backlog)
{
	int r, saved = errno;

	shim_up();
	r = real.listen(fd, backlog);
	if (r == 0 && !fdtab_conn(fdtab_load(fd)) && classify_is_inet_stream(fd))
		classify_listener(fd);
	errno = r == 0 ? saved : errno;
	return r;
}

static int accepted(int fd, int flags, const struct sockaddr *remote)
{
	int saved = errno, r;

	/* libc could write there behind our back. */
	if (fd <= 2 && classify_is_inet_stream(fd) && !streams_claim(fd)) {
		int high = k_fcntl(fd, F_DUPFD_CLOEXEC, 3);

		k_close(fd);
		if (high < 0)
			return (int)answer(high, saved);
		fd = high;
	}
	r = classify_accepted(fd, flags, remote);
	if (r == 0) {
		errno = saved;
		return fd;
	}
	/* Gone as if reset: nothing of ours is owed to it. */
	(void)KERNEL(SYS_setsockopt, fd, SOL_SOCKET, SO_LINGER,
		     (&(struct linger){ 1, 0 }), sizeof(struct linger));
	fdtab_set(fd, FD_UNKNOWN);
	k_close(fd);
	return (int)answer(r, saved);
}

/* 0 or -errno; then the kernel closes what it had accepted. */
static int tell_address(struct sockaddr *sa, socklen_t *len, const struct sockaddr_storage *remote,
			socklen_t remote_len)
{
	int r = check_address_in(sa, len);

	if (r < 0 || !sa)
		return r;
	if (*len && is_nowhere(sa))
		return -EFAULT;
	memcpy(sa, remote, *len < remote_len ? *len : remote_len);
	*len = remote_len;
	return 0;
}

EXPORT int accept4(int fd, struct sockaddr *sa, socklen_t *len, int flags)
{
	struct sockaddr_storage remote = { 0 };
	socklen_t remote_len = sizeof remote;
	bool judged;
	int r, told;

	shim_up();
	judged = fdtab_conn(fdtab_load(fd)) != NULL;
	if (judged)
		streams_prepare();
	/* Born close-on-exec if it may be managed: another thread may exec now. */
	r = real.accept4(fd, (struct sockaddr *)&remote, &remote_len,
			 judged ? flags | SOCK_CLOEXEC : flags);
	if (r < 0)
		return r;
	told = tell_address(sa, len, &remote, remote_len);
	if (told < 0) {
		k_close(r);
		return (int)answer(told, errno);
	}
	if (remote.ss_family != AF_INET && remote.ss_family != AF_INET6) {
		fdtab_set(r, FD_UNMANAGED);
		return r;
	}
	r = accepted(r, flags, (struct sockaddr *)&remote);
	if (r >= 0 && judged && !(flags & SOCK_CLOEXEC) && fdtab_load(r) == FD_UNMANAGED)
		k_fcntl(r, F_SETFD, 0);
	return r;
}

EXPORT int accept(int fd, struct sockaddr *sa, socklen_t *len)
{
	return accept4(fd, sa, len, 0);
}

EXPORT int shutdown(int fd, int how)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int saved = errno, r;

	if (!c || !c->slot) {
		conn_put(c);
		return real.shutdown(fd, how);
	}
	r = stream_shutdown(c, fd, how);
	conn_put(c);
	return (int)answer(r, saved);
}

EXPORT int getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int saved = errno, r;

	if (!c || !c->slot) {
		conn_put(c);
		return real.getsockopt(fd, level, name, val, len);
	}
	r = sockopt_get(c, fd, level, name, val, len);
	conn_put(c);
	return (int)answer(r, saved);
}

EXPORT int setsockopt(int fd, int level, int name, const void *val, socklen_t len)
{
	struct conn *c = unmanaged(fd) ? NULL : managed(fd);
	int saved = errno, r;

	if (!c || !c->slot) {
		conn_put(c);
		return real.setsockopt(fd, level, name, val, len);
	}
	r = sockopt_set(c, fd, level, name, val, len);
	conn_put(c);
	return (int)answer(r, saved);
}
