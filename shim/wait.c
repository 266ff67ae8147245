/* SPDX-License-Identifier: Apache-2.0 */
#include "wait.h"

#include <pthread.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/time.h>

#include "conn.h"
#include "kernel.h"
#include "ownfd.h"

static void drop_ref(void *c)
{
	conn_put(c);
}

/* The two cancellation points; small, since setjmp is behind pthread_cleanup_push. */
static ssize_t peek(struct conn *c, int fd)
{
	volatile ssize_t n;
	char byte;

	pthread_cleanup_push(drop_ref, c);
	n = real.recv(fd, &byte, 1, MSG_PEEK);
	pthread_cleanup_pop(0);
	return n < 0 ? -errno : n;
}

/* Under the descriptor limit 0, as of OpenSSH's sandbox, poll(2) takes none; select does. */
static int select_one(int fd, short events, const struct timespec *ts)
{
	fd_set set;

	if (fd >= FD_SETSIZE) {
		k_poll(NULL, 0, 1);
		return 1; /* asked again */
	}
	FD_ZERO(&set);
	FD_SET(fd, &set);
	return real.pselect(fd + 1, events & POLLIN ? &set : NULL, events & POLLOUT ? &set : NULL,
			    NULL, ts, NULL);
}

static int poll_one(struct conn *c, int fd, short events, const struct timespec *ts)
{
	struct pollfd p = { .fd = fd, .events = events };
	volatile int r;

	if (sandbox_denies(SYS_ppoll) && sandbox_denies(SYS_poll))
		return 1; /* the call that it is for will wait */
	pthread_cleanup_push(drop_ref, c);
	r = sandbox_denies(SYS_ppoll)
		    ? real.poll(&p, 1, ts ? (int)(ts->tv_sec * 1000 + ts->tv_nsec / 1000000) : -1)
		    : real.ppoll(&p, 1, ts, NULL);
	if (__builtin_expect(r < 0 && errno == EINVAL, 0))
		r = select_one(fd, events, ts);
	pthread_cleanup_pop(0);
	return r < 0 ? -errno : r;
}

/* Another thread may have closed the descriptor meanwhile, and its number may be a
 * stranger's by now. */
static int still_ours(const struct conn *c, int fd)
{
	return fd < 0 || ownfd_is(fd) || fdtab_conn(fdtab_load(fd)) == c ? 0 : -EBADF;
}

int wait_readable(struct conn *c, int fd)
{
	int saved = errno;
	/* A blocking peek is the one wait that the kernel restarts, times out
	 * and lets be cancelled exactly as it does the program's own recv. */
	ssize_t n = sandbox_denies(SYS_recvfrom) ? poll_one(c, fd, POLLIN, NULL) : peek(c, fd);

	errno = saved;
	return n < 0 ? (int)n : still_ours(c, fd);
}

/* ppoll never restarts. Would the call that it stands for have? Yes, if every
 * handler that could have run was installed with SA_RESTART. */
static bool handlers_restart(void)
{
	for (int sig = 1; sig < NSIG; sig++) {
		struct sigaction sa;

		if (sandbox_denies(SYS_rt_sigaction))
			return false;
		if (sigaction(sig, NULL, &sa) < 0)
			continue;
		if (sa.sa_handler != SIG_DFL && sa.sa_handler != SIG_IGN &&
		    !(sa.sa_flags & SA_RESTART))
			return false;
	}
	return true;
}

/* events within timeout_ms, -1 being for ever. 0, -EINTR or -ETIMEDOUT. */
static int wait_for(struct conn *c, int fd, short events, int64_t timeout_ms)
{
	int64_t until = timeout_ms < 0 ? -1 : k_mono_ms() + timeout_ms;
	int r, saved = errno;

	do {
		int64_t left = until < 0 ? 1 : until - k_mono_ms();
		struct timespec ts = { left / 1000, left % 1000 * 1000000 };

		r = left <= 0 ? -ETIMEDOUT : poll_one(c, fd, events, until < 0 ? NULL : &ts);
	} while (r == 0 || (r == -EINTR && handlers_restart()));
	errno = saved;
	return r < 0 ? r : still_ours(c, fd);
}

int wait_writable(struct conn *c, int fd)
{
	struct timeval tv = { 0, 0 };
	socklen_t len = sizeof tv;
	int64_t ms = -1;
	int r;

	if (KERNEL(SYS_getsockopt, fd, SOL_SOCKET, SO_SNDTIMEO, &tv, &len) == 0 &&
	    (tv.tv_sec || tv.tv_usec))
		ms = (int64_t)tv.tv_sec * 1000 + tv.tv_usec / 1000 + 1;
	r = wait_for(c, fd, POLLOUT, ms);
	return r == -ETIMEDOUT ? -EAGAIN : r;
}

int wait_until(struct conn *c, int fd, short events, int64_t until_ms)
{
	int64_t left = until_ms - k_mono_ms();

	return left <= 0 ? -ETIMEDOUT : wait_for(c, fd, events, left);
}
